/** Pictures of every page; `python -m tools.browser screenshots` starts what they need and takes them. */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['browser/screenshots.ts'],
    globalSetup: 'browser/support/start.ts',
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
