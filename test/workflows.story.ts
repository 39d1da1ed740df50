import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '..');
const FOLDER = path.join(ROOT, '.github/workflows');

interface Manifest {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

const workflows = readdirSync(FOLDER).map((name): [string, string] => [
  name,
  readFileSync(path.join(FOLDER, name), 'utf8'),
]);

/** The numbers of a list such as `node: [20, 22, 24]`. */
function listed(text: string, name: string): string[] {
  return new RegExp(`^ +${name}: \\[(?<list>[^\\]]+)\\]$`, 'm').exec(text)?.groups?.['list']?.split(', ') ?? [];
}

describe('the workflows', () => {
  it('are one for changes and one for releases', () => {
    expect(workflows.map(([name]) => name)).toEqual(['ci.yml', 'release.yml']);
  });

  it.each(workflows)('%s calls scripts that exist, may do little, and shows no secret', (_name, text) => {
    const { scripts } = manifest('.');
    const called = [...text.matchAll(/npm (?:run )?(?<script>[a-z][\w:]*)/g)].map(({ groups }) => groups?.['script']);
    const unknown = called.filter((name = '') => !Object.hasOwn(scripts, name));
    expect(new Set(unknown.filter((name) => !['ci', 'pkg', 'publish'].includes(name ?? '')))).toEqual(new Set());
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(text).not.toMatch(/secrets\.|set -x|pull_request_target/);
    // By major: Dependabot moves them.
    for (const [, action = ''] of text.matchAll(/uses: (\S+)/g)) expect(action).toMatch(/^actions\/[\w-]+@v\d+$/);
  });

  it('try every Nest that is a peer, on every Node.js from the oldest that is supported', () => {
    const text = workflows[0]?.[1] ?? '';
    const { engines, peerDependencies } = manifest('libs/bankcard-ocr');
    const peers = peerDependencies['@nestjs/core']?.match(/\d+(?=\.\d+\.\d+)/g);
    expect(listed(text, 'nest')).toEqual(peers);
    expect(listed(text, 'node')).toEqual(['20', '22', '24']);
    expect(engines.node).toBe('>=20.19.0');
  });

  it('run what .ci/run runs', () => {
    const local = readFileSync(path.join(ROOT, '.ci/run'), 'utf8');
    const scripts = /^for script in (?<list>.*); do$/m.exec(local)?.groups?.['list']?.split(' ') ?? [];
    expect(scripts).toContain('test:consumers');
    for (const script of scripts) expect(workflows[0]?.[1]).toContain(`- run: npm run ${script}\n`);
  });
});
