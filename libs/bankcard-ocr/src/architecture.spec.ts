import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The rooms of the library from the bottom up: a file imports from its own room and from lower ones only. */
const ROOMS: readonly (readonly string[])[] = [
  [
    'card',
    'backoff.ts',
    'cancellation.ts',
    'clock.ts',
    'copies.ts',
    'equality-tag.ts',
    'plain-text.ts',
    'random.ts',
    'secret-text.ts',
    'tracing-suppression.ts',
    'waiting.ts',
  ],
  ['errors', 'registration-name.ts'],
  ['signature', 'upstream'],
  ['credentials', 'options'],
  ['ocr', 'telemetry'],
  ['sdk'],
  ['redis', 'bankcard-ocr.tokens.ts', 'registrations.ts', 'startup-check.ts'],
  ['create-ticket-store.ts', 'connect-to-vendor.ts'],
  ['client'],
  // Started as dist/cjs/cli/main.js; nobody imports it.
  ['cli'],
  ['bankcard-ocr.module-definition.ts', 'concealed-provider.ts', 'nest-log.ts'],
  ['bankcard-ocr.providers.ts'],
  ['bankcard-ocr.module.ts', 'bankcard-ocr-accounts.module.ts'],
  ['index.ts', 'config', 'http', 'testing'],
];

/** Packages that a user need not have, and the only room that may import each. */
const OPTIONAL_PEERS: Readonly<Record<string, string>> = {
  '@nestjs/config': 'config',
  ioredis: 'redis',
  'class-validator': 'http',
  'class-transformer': 'http',
};

interface SourceFile {
  readonly name: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: SourceFile[] = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/\.(spec|contract)\.ts$/.test(name))
  .map((name) => {
    const text = readFileSync(path.join(__dirname, name), 'utf8');
    const imports = [
      ...text.matchAll(/^(?:import|export)[^'";]*?from '([^']+)'/gms),
      ...text.matchAll(/\bimport\('([^']+)'\)/g),
    ].map((match) => match[1]!);
    return { name, room: name.split(path.sep)[0]!, text, imports };
  });

function roomOf(file: SourceFile, imported: string): string {
  const target = path.join(path.dirname(file.name), imported).replace(/\.js$/, '.ts');
  return target.split(path.sep)[0]!;
}

const level = (room: string): number => ROOMS.findIndex((rooms) => rooms.includes(room));
const relative = (imported: string): boolean => imported.startsWith('.');

describe('the shape of the library', () => {
  it('is read from its files', () => {
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  it('has a place for every file', () => {
    expect(sources.filter(({ room }) => level(room) < 0).map(({ name }) => name)).toEqual([]);
  });

  it('has imports that point downwards only', () => {
    const upward = sources.flatMap((file) => {
      const wrong = file.imports
        .filter(relative)
        .filter((imported) => level(roomOf(file, imported)) > level(file.room));
      return wrong.map((imported) => `${file.name} -> ${imported}`);
    });
    expect(upward).toEqual([]);
  });

  it('has a sandbox that shares nothing with what it judges but the clock', () => {
    const judges = sources
      // The Nest module for tests brings the two together, and fixtures are results of the library; they judge nothing.
      .filter(({ room, name }) => room === 'testing' && !/\.(module|fixture)\.ts$|index\.ts$/.test(name));
    const rooms = judges.flatMap((file) => file.imports.filter(relative).map((imported) => roomOf(file, imported)));
    expect(new Set(rooms)).toEqual(new Set(['testing', 'clock.ts']));
    expect(judges.filter(({ imports }) => imports.some((name) => /fixture|\.module/.test(name)))).toEqual([]);
  });

  it('imports an optional peer only where its entry point is', () => {
    const strays = sources.flatMap(({ name, room, imports }) => {
      return imports
        .filter((imported) => (OPTIONAL_PEERS[imported] ?? room) !== room)
        .map((imported) => `${name}: ${imported}`);
    });
    expect(strays).toEqual([]);
  });

  it('loads no test runner for its users', () => {
    const strays = sources.filter(({ imports }) =>
      imports.some((imported) => /^(@nestjs\/testing|jest|@jest)/.test(imported)),
    );
    expect(strays).toEqual([]);
  });

  it('has package roots only, and nothing that one of the two module systems lacks', () => {
    const bare = sources
      .flatMap(({ imports }) => imports)
      .filter((imported) => !relative(imported) && !imported.startsWith('node:'));
    expect(bare.filter((imported) => !/^(@[\w-]+\/)?[\w-]+$/.test(imported))).toEqual([]);
    expect(sources.filter(({ text }) => /\bimport\.meta\b|\b__dirname\b/.test(text)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  it('has barrels that list every name', () => {
    expect(sources.filter(({ text }) => /^export \*/m.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('has an entry in package.json for every index.ts, and no other', () => {
    const manifest = JSON.parse(readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as { exports: object };
    const entries = sources
      .filter(({ name }) => path.basename(name) === 'index.ts')
      .map(({ name }) => path.dirname(name));
    const expected = entries.map((folder) => (folder === '.' ? '.' : `./${folder}`));
    const exported = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    expect(exported.sort()).toEqual(expected.sort());
  });
});
