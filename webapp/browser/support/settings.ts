/** What `tools/browser.py` tells the tests. */

function named(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by \`python -m tools.browser test\``);
  return value;
}

export const PROGRAM = named('BROWSER_PROGRAM');
/** Where the engine is that all tests share. */
export const ENGINE = named('BROWSER_ENGINE');
/** A folder that goes with the run. */
export const FOLDER = named('BROWSER_FOLDER');
/** The Python that engines run on. */
export const PYTHON = named('BROWSER_PYTHON');
/** Ports that are kept for engines which tests start. */
export const PORTS = named('BROWSER_PORTS').split(',').map(Number);
