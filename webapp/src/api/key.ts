/** The key that the engine, or a proxy before it, asks for: kept for this tab, or in the browser where that is wished. */

const KEPT = 'api-key';

type Listener = () => void;
const listeners = new Set<Listener>();
const refusals = new Set<Listener>();
let refused = false;

/** A store of the browser; null where it is closed to this page. */
function store(name: 'sessionStorage' | 'localStorage'): Storage | null {
  try {
    return globalThis[name];
  } catch {
    return null;
  }
}

/** The key; an empty text where there is none. */
export function apiKey(): string {
  return store('sessionStorage')?.getItem(KEPT) ?? store('localStorage')?.getItem(KEPT) ?? '';
}

/** Whether the key stays when the tab is closed. */
export function isRemembered(): boolean {
  return Boolean(store('localStorage')?.getItem(KEPT));
}

/** Take a key from now on; an empty text forgets it. Throws where the browser keeps nothing for this page. */
export function setApiKey(key: string, remember: boolean): void {
  const [session, local] = [store('sessionStorage'), store('localStorage')];
  session?.removeItem(KEPT);
  local?.removeItem(KEPT);
  const chosen = remember ? local : session;
  if (key && !chosen) throw new Error('the browser keeps nothing for this page');
  if (key) chosen?.setItem(KEPT, key);
  setRefused(false);
  for (const listener of listeners) listener();
}

/** Hear of another key; returns what ends that. */
export function onKey(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The header that shows the key; nothing without one. */
export function authorization(): Record<string, string> {
  const key = apiKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Whether the engine has asked for a key, or for another one, since the last one was given. */
export function isRefused(): boolean {
  return refused;
}

/** Hear that this has changed; returns what ends that. */
export function onRefused(listener: Listener): () => void {
  refusals.add(listener);
  return () => refusals.delete(listener);
}

/** Tell that the engine asks for a key; or that it shall be asked again as things are. */
export function setRefused(now: boolean): void {
  if (refused === now) return;
  refused = now;
  for (const listener of refusals) listener();
}
