import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What may import what. `npm run docs` shows the same list in docs/architecture.md. */
const { layers: LAYERS, optionalPeers: OPTIONAL_PEERS } = JSON.parse(
  readFileSync(path.join(__dirname, '../layers.json'), 'utf8'),
) as {
  /** From the bottom up: a file imports from its own folder and from lower layers only. */
  readonly layers: readonly (readonly string[])[];
  /** Packages that a user need not have, and the only folder that may import each. */
  readonly optionalPeers: Readonly<Record<string, string>>;
};

interface SourceFile {
  readonly name: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: SourceFile[] = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/\.(spec|test-support)\.ts$/.test(name))
  .map((name) => {
    const text = readFileSync(path.join(__dirname, name), 'utf8');
    const imports = [
      ...text.matchAll(/^(?:import|export)[^'";]*?from '([^']+)'/gms),
      ...text.matchAll(/\bimport\('([^']+)'\)/g),
    ].map((match) => match[1]!);
    return { name, folder: name.split(path.sep)[0]!, text, imports };
  });

function folderOf(file: SourceFile, imported: string): string {
  const target = path.join(path.dirname(file.name), imported).replace(/\.js$/, '.ts');
  return target.split(path.sep)[0]!;
}

const level = (folder: string): number => LAYERS.findIndex((folders) => folders.includes(folder));
const relative = (imported: string): boolean => imported.startsWith('.');

describe('the shape of the library', () => {
  it('is read from its files', () => {
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  it('has a layer for every file, and no loose ones but index.ts', () => {
    expect(sources.filter(({ folder }) => level(folder) < 0).map(({ name }) => name)).toEqual([]);
  });

  it('has imports that point downwards only', () => {
    const upward = sources.flatMap((file) => {
      const wrong = file.imports
        .filter(relative)
        .filter((imported) => level(folderOf(file, imported)) > level(file.folder));
      return wrong.map((imported) => `${file.name} -> ${imported}`);
    });
    expect(upward).toEqual([]);
  });

  it('has no file that imports itself by a detour', () => {
    const importsOf = new Map(
      sources.map(({ name, imports }) => [
        name,
        imports.filter(relative).map((imported) => path.join(path.dirname(name), imported).replace(/\.js$/, '.ts')),
      ]),
    );
    const finished = new Set<string>();
    const cycles: string[] = [];
    const follow = (name: string, trail: readonly string[]): void => {
      if (trail.includes(name)) cycles.push([...trail.slice(trail.indexOf(name)), name].join(' -> '));
      if (finished.has(name) || trail.includes(name)) return;
      for (const next of importsOf.get(name) ?? []) follow(next, [...trail, name]);
      finished.add(name);
    };
    for (const name of importsOf.keys()) follow(name, []);
    expect(cycles).toEqual([]);
  });

  it('has a sandbox that shares nothing with what it judges but the clock', () => {
    const judges = sources
      // The Nest module for tests brings the two together, and fixtures are results of the library; they judge nothing.
      .filter(({ folder, name }) => folder === 'testing' && !/\.(module|fixture)\.ts$|index\.ts$/.test(name));
    const folders = judges.flatMap((file) => file.imports.filter(relative).map((imported) => folderOf(file, imported)));
    expect(new Set(folders)).toEqual(new Set(['testing', 'runtime']));
    expect(judges.filter(({ imports }) => imports.some((name) => /fixture|\.module/.test(name)))).toEqual([]);
  });

  it('imports an optional peer only where its entry point is', () => {
    const strays = sources.flatMap(({ name, folder, imports }) => {
      return imports
        .filter((imported) => (OPTIONAL_PEERS[imported] ?? folder) !== folder)
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
