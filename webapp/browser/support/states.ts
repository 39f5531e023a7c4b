/** The states of nodes as the page shows them. */

import type { Page } from 'playwright-core';

/** Write down every state that each node of the drawing is shown in from now on, also after the page is loaded anew. */
export async function watchStates(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: Record<string, string[]> = {};
    Object.assign(window, { seenStates: seen });
    const look = (): void => {
      for (const node of document.querySelectorAll('.react-flow__node')) {
        const id = node.querySelector('.node-id')?.textContent ?? '';
        const state = node.querySelector('.state')?.textContent ?? '';
        const states = (seen[id] ??= []);
        if (id && state && states.at(-1) !== state) states.push(state);
      }
    };
    const options = { childList: true, subtree: true, characterData: true };
    new MutationObserver(look).observe(document, options);
  });
}

/** What was seen since the page was loaded, by the ids of nodes. */
export async function seenStates(page: Page): Promise<Record<string, string[]>> {
  return await page.evaluate(
    () => (window as unknown as { seenStates: Record<string, string[]> }).seenStates,
  );
}

/** Wait until a node is shown in a state. */
export async function shows(page: Page, id: string, state: string): Promise<void> {
  const node = page.locator('.react-flow__node').filter({ has: page.getByText(id, { exact: true }) });
  await node.locator('.state').getByText(state, { exact: true }).waitFor();
}
