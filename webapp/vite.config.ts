import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const ENGINE = process.env['ENGINE'] ?? 'http://127.0.0.1:8080';
const ROUTES = ['/services', '/tasks', '/events', '/stats', '/health', '/metrics', '/docs', '/openapi.json'];

export default defineConfig({
  base: './',
  plugins: [react()],
  server: { proxy: Object.fromEntries(ROUTES.map((route) => [route, ENGINE])) },
  build: { target: 'es2022', chunkSizeWarningLimit: 1_600 },
  test: { include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'], environment: 'node', testTimeout: 30_000 },
});
