import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformFileSync } from '@swc/core';
import { writePages } from '../support/page-code.js';
import { ROOT } from '../support/readme-pages.js';

const { folder, load, remove } = writePages('docs/testing.md');
afterAll(remove);

describe('docs/testing.md', () => {
  describe('on the sandbox', () => {
    load('card-check-on-sandbox.spec.ts');
  });

  describe('without a vendor', () => {
    load('card-check-overridden.spec.ts');
  });

  it('has results that need no test runner but the one of Node.js', () => {
    const compiled = mkdtempSync(path.join(ROOT, '.tmp/node-test-'));
    const library = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src');
    for (const name of ['card-check.service', 'card-check-rules.test']) {
      const { code } = transformFileSync(path.join(folder, `${name}.ts`), { configFile: path.join(ROOT, '.swcrc') });
      const withPaths = code.replaceAll(/"nestjs-bankcard-ocr(\/testing)?"/g, (_whole, entry = '') => {
        return JSON.stringify(`${library}${entry}/index.js`);
      });
      writeFileSync(path.join(compiled, `${name}.js`), withPaths);
    }
    const args = ['--test', path.join(compiled, 'card-check-rules.test.js')];
    // Without Jest's variables: the process is nobody's worker.
    const env = { PATH: process.env['PATH'] };
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    rmSync(compiled, { recursive: true });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/pass 1\n/)]);
  });
});
