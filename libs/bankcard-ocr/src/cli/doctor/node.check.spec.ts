import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkNodeVersion } from './configuration.check.js';

describe('the version of Node.js', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
    ['20.18.3', 'fail'],
    ['18.20.0', 'fail'],
  ])('%s is %s', (version, status) => {
    expect(checkNodeVersion(version)).toMatchObject({ status, facts: { version } });
  });

  it('is judged by what the package says', () => {
    const manifest = readFileSync(path.join(__dirname, '../../../package.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ engines: { node: '>=20.19.0' } });
  });
});
