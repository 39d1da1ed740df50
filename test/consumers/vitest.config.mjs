import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** As Nest's documentation has it: esbuild writes no metadata of decorators. */
export default defineConfig({
  test: { globals: true, include: ['backend/*.test.ts'] },
  plugins: [swc.vite({ module: { type: 'es6' } })],
});
