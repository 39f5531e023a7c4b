/** Submissions whose way to the engine is seen: `fetch` does not tell how much of a body has been sent. */

import { Problem, address, problemOf } from './http';
import { authorization, setRefused } from './key';

/** Bytes of a body, and how many of them are on their way. */
export interface Progress {
  sent: number;
  total: number;
}

/** Submit a task; gives its id. Raises Problem, and the signal's reason where it was given up. */
export function upload(
  route: string,
  body: FormData | string,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address(`/services/${encodeURIComponent(route)}`));
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    if (typeof body === 'string') request.setRequestHeader('Content-Type', 'application/json');
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress({ sent: loaded, total });
    };
    const fail = (error: unknown): void => {
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    request.onerror = () => {
      fail(new Problem(0, 'The engine cannot be reached.'));
    };
    request.onabort = () => {
      fail(signal.reason);
    };
    request.onload = () => {
      jobOf(request).then(resolve, fail);
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    request.send(body);
  });
}

async function jobOf(request: XMLHttpRequest): Promise<string> {
  const { status, statusText, responseText } = request;
  if (status === 401) setRefused(true);
  if (status < 200 || status > 299) throw await problemOf(new Response(responseText, { status, statusText }));
  return (JSON.parse(responseText) as { jobId: string }).jobId;
}
