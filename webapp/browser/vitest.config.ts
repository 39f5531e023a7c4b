/** The tests in a real browser; `python -m tools.browser test` starts what they need and runs them. */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['browser/**/*.test.ts'],
    globalSetup: 'browser/support/start.ts',
    environment: 'node',
    // One after the other: what is measured here must not be disturbed by what runs beside it.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
