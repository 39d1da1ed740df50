import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const { releaseNotes } = jest.requireActual<{ releaseNotes(tag: string, version: string, changelog: string): string }>(
  '../../.github/release/notes.cjs',
);

interface Manifest {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const library = JSON.parse(read('libs/bankcard-ocr/package.json')) as Manifest;
const CI = read('.github/workflows/ci.yml');
const RELEASE = read('.github/workflows/release.yml');
const WORKFLOWS = { 'ci.yml': CI, 'release.yml': RELEASE };

/** The jobs of a workflow, each with its text. */
function jobs(workflow: string): [name: string, text: string][] {
  const [, text = ''] = workflow.split(/^jobs:\n/m);
  return text.split(/^ {2}(?=[\w-]+:\n)/m).flatMap((job) => {
    const [, name] = /^([\w-]+):/.exec(job) ?? [];
    return name === undefined ? [] : [[name, job] as [string, string]];
  });
}

/** What shells are given, of one line and of several. */
function commands(workflow: string): string[] {
  const steps = workflow.matchAll(/^(?<indent> *)(?:- )?run: (?:\|\n(?<lines>(?:\k<indent> {2,}.*\n)+)|(?<line>.*))/gm);
  return [...steps].map(({ groups }) => groups?.['lines'] ?? groups?.['line'] ?? '');
}

/** A list such as `node: [20, 22]`. */
function listed(workflow: string, name: string): string[] {
  return new RegExp(`^ +${name}: \\[(?<list>[^\\]]+)\\]$`, 'm').exec(workflow)?.groups?.['list']?.split(', ') ?? [];
}

/** What is wrong with the commands of a workflow. */
function faultsOf(workflow: string): string[] {
  const texts = commands(workflow);
  const scripts = texts.flatMap((text) => [...text.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, name = '']) => name));
  const files = texts.flatMap((text) => text.match(/(?<=(?:bash|node) )[\w./-]+/g) ?? []);
  return [
    ...scripts.filter((name) => !['ci', 'pkg', 'publish', ...Object.keys(manifest.scripts)].includes(name)),
    ...files.filter((name) => !existsSync(path.join(ROOT, name))),
    // What strangers can choose, such as the name of a branch, must not become part of a command.
    ...texts.filter((text) => text.includes('${{')),
    ...texts.filter((text) => /set -x|printenv|\benv\b|TOKEN/.test(text)),
  ];
}

/** `- uses:` or `uses:`, quoted or not, in whatever place; what stands behind it is the rest of the line. */
const USES = /\buses['"]?\s*:\s*(?<action>\S.*)$/gm;
/** A tag can be moved to another commit, a hash cannot; the comment tells people, and Dependabot, which release it is. */
const PINNED = /^(?<name>actions\/[a-z-]+)@(?<hash>[0-9a-f]{40}) # v\d+\.\d+\.\d+$/;
const OWN = './.github/workflows/ci.yml';

/** What is wrong with the actions that a workflow uses; all workflows use the same version of an action. */
function faultsOfUses(workflow: string): string[] {
  const versions = new Map<string, string>();
  return [...Object.values(WORKFLOWS), workflow].flatMap((text) => {
    const actions = [...text.matchAll(USES)].map(({ groups }) => groups?.['action'] ?? '');
    return actions.flatMap((action) => {
      if (action === OWN) return [];
      const { name } = PINNED.exec(action)?.groups ?? {};
      if (name === undefined) return [`${action} is not pinned`];
      const other = versions.get(name) ?? action;
      versions.set(name, other);
      return other === action ? [] : [`${name} has two versions`];
    });
  });
}

describe('the workflows', () => {
  it('are one for changes and one for releases', () => {
    expect(readdirSync(path.join(ROOT, '.github/workflows'))).toEqual(Object.keys(WORKFLOWS));
  });

  it.each(Object.entries(WORKFLOWS))('%s runs what exists, and shows nothing secret', (_name, text) => {
    expect(commands(text).length).toBeGreaterThan(3);
    expect(faultsOf(text)).toEqual([]);
    const spoilt = [
      '- run: npm run nothing',
      '- run: node gone.cjs',
      '- run: echo ${{ github.head_ref }}',
      '- run: env',
    ];
    for (const step of spoilt) expect([step, faultsOf(`${text}      ${step}\n`).length]).toEqual([step, 1]);
  });

  it.each(Object.entries(WORKFLOWS))('%s uses actions of GitHub only, pinned by hash', (_name, text) => {
    expect(faultsOfUses(text)).toEqual([]);
    for (const [step, fault] of [
      ['actions/checkout@v6', 'not pinned'],
      ['actions/checkout@d23441a # v6.1.0', 'not pinned'],
      [`actions/checkout@${'d'.repeat(40)}`, 'not pinned'],
      [`someone/checkout@${'d'.repeat(40)} # v6.1.0`, 'not pinned'],
      ['docker://node:24', 'not pinned'],
      [`actions/checkout@${'d'.repeat(40)} # v6.1.0`, 'two versions'],
    ]) {
      expect(faultsOfUses(`${text}      - uses: ${step}\n`)).toEqual([expect.stringContaining(fault!)]);
    }
  });

  it.each(Object.entries(WORKFLOWS))('%s holds no secret', (_name, text) => {
    expect(text).not.toMatch(/secrets\.|pull_request_target|registry-url:|https?:/);
    expect(text.match(/uses: actions\/checkout@/g)?.length).toBe(text.match(/persist-credentials: false/g)?.length);
  });

  it('may read; one job of a release may say who it is, another one may write the release', () => {
    const rights = Object.values(WORKFLOWS).flatMap((text) => {
      expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
      return jobs(text).flatMap(([name, job]) =>
        (job.match(/[\w-]+: write/g) ?? []).map((right) => `${name} ${right}`),
      );
    });
    expect(rights).toEqual(['publish id-token: write', 'announce contents: write']);
    const [, publish = ''] = jobs(RELEASE).find(([name]) => name === 'publish') ?? [];
    // Whatever a dependency runs could ask for the identity, too.
    expect(publish).not.toMatch(/npm ci|npm run|npm install/);
  });

  it('end in time', () => {
    for (const text of Object.values(WORKFLOWS)) {
      for (const [name, job] of jobs(text))
        expect([name, job]).toEqual([name, expect.stringMatching(/minutes|uses: \./)]);
    }
  });

  it('try every Nest that is a peer, on every Node.js from the oldest that is supported', () => {
    const peers = library.peerDependencies['@nestjs/core']?.match(/\d+(?=\.\d+\.\d+)/g);
    expect(listed(CI, 'nest')).toEqual(peers);
    const [oldest = '', ...later] = listed(CI, 'node');
    expect([library.engines.node, manifest.engines.node]).toEqual([`>=${oldest}`, `>=${oldest}`]);
    expect(later).toEqual(['22', '24']);
    expect(CI).toContain(`node-version: ${oldest}\n`);
  });

  it('run what .ci/run runs', () => {
    const scripts = /^for script in (?<list>.*); do$/m.exec(read('.ci/run'))?.groups?.['list']?.split(' ') ?? [];
    expect(scripts).toContain('test:consumers');
    // `npm run build` is both builds.
    const called = scripts.map((script) => (script === 'build:demo' ? 'build' : script));
    for (const script of called) expect(CI).toContain(`- run: npm run ${script}\n`);
    for (const command of ['npm test', 'npm run test:processes']) {
      expect(read('.ci/run')).toContain(`\n${command} -- --ci `);
      expect(CI).toContain(`run: ${command} -- --ci\n`);
    }
  });
});

describe('a release', () => {
  const changelog =
    '# Changelog\n\n## [1.2.0] - 2026-12-01\n\n- New.\n\n## [1.1.0] - 2026-11-01\n\n- Old.\n\n## [1.0.0] - 2026-10-01\n';

  it('has the notes of its version, and no others', () => {
    expect(releaseNotes('v1.2.0', '1.2.0', changelog)).toBe('- New.');
    expect(releaseNotes('v1.1.0', '1.1.0', changelog)).toBe('- Old.');
  });

  it.each([
    ['of another version', 'v1.2.0', '1.1.0', 'The tag is v1.2.0'],
    ['that does not begin with v', '1.2.0', '1.2.0', 'The tag is 1.2.0'],
    ['that the changelog does not have', 'v1.20', '1.20', 'has no heading'],
    ['that is looked for as a pattern', 'v1.2.0', '1x2x0', 'The tag is'],
    ['about which the changelog says nothing', 'v1.0.0', '1.0.0', 'says nothing about 1.0.0'],
  ])('with a tag %s is refused', (_what, tag, version, why) => {
    expect(() => releaseNotes(tag, version, changelog)).toThrow(why);
  });

  it('that the changelog calls unreleased is refused', () => {
    expect(() => releaseNotes('v2.0.0', '2.0.0', '## [Unreleased] 2.0.0\n\n- New.\n')).toThrow('has no heading');
  });
});

describe('what people fill in', () => {
  const forms = ['bug.yml', 'change.yml'].map((name): [string, string] => [
    name,
    read(`.github/ISSUE_TEMPLATE/${name}`),
  ]);

  it.each(forms)('%s asks in both languages, and for nothing secret', (_name, form) => {
    for (const [label] of form.matchAll(/^ +label: (?!>-).*$/gm)) expect(label).toMatch(/ \/ .*[\u4E00-\u9FFF]/);
    expect(form).toMatch(/[Nn]o secret/);
    expect(form).toMatch(/(?:不要贴|没有)密钥/);
  });

  it('is all that there is: no report without a form', () => {
    expect(read('.github/ISSUE_TEMPLATE/config.yml')).toMatch(/^blank_issues_enabled: false$/m);
    expect(read('.github/pull_request_template.md')).toMatch(/[\u4E00-\u9FFF]/);
  });
});
