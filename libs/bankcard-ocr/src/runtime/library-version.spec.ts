import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LIBRARY_VERSION } from './library-version.js';

describe('the version of the library', () => {
  it('is that of package.json', () => {
    const manifest = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(LIBRARY_VERSION).toBe(manifest.version);
  });
});
