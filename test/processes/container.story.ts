import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { KEY, KEYS } from '../../apps/demo-api/test/serve-demo.js';
import { readCompose } from '../support/deployment-files.js';
import { commandOf, environmentOf, filesSent, readDockerfile, type Stage, stagesOf } from '../support/dockerfile.js';
import { ROOT } from '../support/readme-pages.js';
import { freePort, itWithRedis } from '../support/redis-server.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const DOCKERFILE = readDockerfile();
const STAGES = stagesOf(DOCKERFILE);
/** As in the Dockerfile. */
const USER = 65_532;
const { clean } = KycSandbox.EXAMPLE_ORDERS;

const isRoot = process.getuid?.() === 0;
/** A process is number 1 of a container, and the kernel treats that one differently. */
const canBeProcessOne = isRoot && spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
if (!isRoot) console.log('The story of the container is skipped: only root can start a process of another user.');
else if (!canBeProcessOne) console.log('The story of the container goes on without a namespace for its processes.');
const describeAsRoot = isRoot ? describe : describe.skip;

interface InstalledPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

/** The folders of the packages that `npm ci --omit=dev --omit=optional` of the demo's workspace would install. */
function productionPackages(): string[] {
  const lock = readFileSync(path.join(ROOT, 'node_modules/.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, InstalledPackage>> };
  return Object.entries(packages)
    .filter(([, { dev, devOptional, optional, link }]) => !dev && !devOptional && !optional && !link)
    .map(([folder]) => folder)
    .filter((folder) => folder.startsWith('node_modules/'));
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
}

/** Carry out the COPY instructions of a stage and of those it is made from; other stages are not there to copy from. */
function copySources(stage: Stage, target: string): void {
  const base = STAGES.find(({ name }) => name === stage.base);
  if (base) copySources(base, target);
  const sent = filesSent();
  for (const { keyword, flags, content } of stage.steps) {
    if (keyword !== 'COPY' || flags.length > 0) continue;
    const sources = content.split(/\s+/);
    const destination = sources.pop()!;
    for (const source of sources) {
      const files = sent.filter((file) => file === source || file.startsWith(`${source}/`));
      if (files.length === 0) throw new Error(`nothing is sent to the build for COPY ${source}`);
      for (const file of files) {
        const rest = file === source ? path.basename(file) : path.relative(source, file);
        // A file that is copied to a name without a slash gets that name, and none here is.
        cpSync(path.join(ROOT, file), path.join(target, destination, rest), { recursive: true });
      }
    }
  }
}

/** What the last stage of the Dockerfile consists of, and the directories that are mounted. */
function makeImage(folder: string): void {
  const source = path.join(folder, 'src');
  const build = STAGES.find(({ name }) => name === 'build')!;
  copySources(build, source);
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(source, 'node_modules'));
  const [install, ...others] = build.steps.filter(({ keyword }) => keyword === 'RUN').map(({ command }) => command!);
  expect(install).toEqual(['npm', 'ci', '--ignore-scripts']);
  for (const [command = '', ...args] of others) run(command, args, source);
  const app = path.join(folder, 'app');
  cpSync(path.join(source, 'dist'), path.join(app, 'dist'), { recursive: true });
  // A package that is installed inside another one is copied with it.
  for (const each of productionPackages()) {
    cpSync(path.join(ROOT, each), path.join(app, each), {
      recursive: true,
      filter: (file) => !/[\\/]node_modules$/.test(file),
    });
  }
  mkdirSync(path.join(folder, 'bin'));
  copyFileSync(process.execPath, path.join(folder, 'bin/node'));
  rmSync(source, { recursive: true });
  run('chmod', ['-R', 'a=rX', '.'], folder);
  for (const [name, mode] of [
    ['tmp', 0o1777],
    ['audit', 0o700],
  ] as const) {
    mkdirSync(path.join(folder, name));
    chownSync(path.join(folder, name), USER, USER);
    chmodSync(path.join(folder, name), mode);
  }
}

/** A process as in a container of the image. */
class Contained {
  output = '';
  readonly exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  readonly #child: ChildProcess;

  constructor(
    folder: string,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    private readonly isProcessOne = canBeProcessOne,
  ) {
    const asUser = [
      '--reuid',
      `${USER}`,
      '--regid',
      `${USER}`,
      '--clear-groups',
      '--no-new-privs',
      '--bounding-set',
      '-all',
    ];
    const words = ['setpriv', ...asUser, '--', ...command];
    if (isProcessOne) words.unshift('unshare', '--pid', '--fork', '--kill-child', '--');
    const [program = '', ...args] = words;
    this.#child = spawn(program, args, {
      cwd: path.join(folder, 'app'),
      env: {
        ...environmentOf(DOCKERFILE),
        PATH: `${path.join(folder, 'bin')}:${process.env['PATH']}`,
        TMPDIR: path.join(folder, 'tmp'),
        DEMO_AUDIT_FILE: path.join(folder, 'audit/audit-{hostname}.jsonl'),
        HOST: '127.0.0.1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.#child, 'close') as typeof this.exited;
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  /** The rest of the first line that begins so. */
  async line(prefix: string): Promise<string> {
    for await (const line of createInterface({ input: this.#child.stdout! })) {
      if (line.startsWith(prefix)) return line.slice(prefix.length);
    }
    throw new Error(`it ended before "${prefix}":\n${this.output}`);
  }

  /** Send a signal to process 1 of the container. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    const children = this.isProcessOne ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') : `${pid}`;
    for (const child of children.trim().split(' ')) process.kill(Number(child), signal);
  }
}

describeAsRoot('the image of the demo', () => {
  let folder: string;
  let sandbox: SandboxProcess;
  let settings: Readonly<Record<string, string>>;
  let containers: Contained[];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'container-'));
    makeImage(folder);
    sandbox = await SandboxProcess.start();
    settings = {
      BANKCARD_OCR_APP_ID: sandbox.appId,
      BANKCARD_OCR_SECRET: sandbox.secret,
      BANKCARD_OCR_BASE_URL: sandbox.url,
      BANKCARD_OCR_TICKET_STORE: 'memory:',
      BANKCARD_OCR_TIMEOUT_MS: '600000',
      DEMO_API_KEYS: KEYS,
      DEMO_SHUTDOWN_DELAY_MS: '0',
      DEMO_AUDIT_KEY: randomBytes(32).toString('hex'),
    };
  });

  afterAll(async () => {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    containers = [];
  });

  afterEach(async () => {
    for (const container of containers) {
      container.signal('SIGKILL');
      await container.exited;
    }
  });

  function start(command: readonly string[], env: Readonly<Record<string, string>> = {}, isProcessOne?: boolean) {
    const container = new Contained(folder, command, { ...settings, ...env }, isProcessOne);
    containers.push(container);
    return container;
  }

  /** The exit code of the health check of the image. */
  async function check(port: string, ...state: readonly string[]): Promise<number | null> {
    const command = commandOf(DOCKERFILE, 'HEALTHCHECK');
    const [code] = await start(state.length > 0 ? [...command.slice(0, -1), ...state] : command, { PORT: port }).exited;
    return code;
  }

  async function serve(env: Readonly<Record<string, string>> = {}, isProcessOne?: boolean) {
    const demo = start(commandOf(DOCKERFILE, 'CMD'), { PORT: '0', ...env }, isProcessOne);
    const url = await demo.line('demo-api listens on ');
    const { port } = new URL(url);
    while ((await check(port, 'ready')) !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const get = (route: string) => fetch(`${url}${route}`, { headers: { 'x-api-key': KEY } });
    return { demo, get, port };
  }

  it('serves cards and photos as a user that can write to two directories only, and ends when it is told to', async () => {
    const { demo, get, port } = await serve();
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(200);
    expect(await check(port)).toBe(0);
    expect(await (await get(`/bank-cards/${clean}`)).json()).toMatchObject({ orderNo: clean });
    const photo = await get(`/bank-cards/${clean}/photos/crop`);
    expect([photo.status, photo.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect((await photo.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
    expect(readdirSync(path.join(folder, 'audit'))).toEqual([`audit-${hostname()}.jsonl`]);
    expect(readdirSync(path.join(folder, 'tmp'))).toHaveLength(1);
    demo.signal('SIGTERM');
    expect(await demo.exited).toEqual([0, null]);
    expect(readdirSync(path.join(folder, 'tmp'))).toEqual([]);
    expect(demo.output).not.toMatch(/ (?:WARN|ERROR|FATAL) |Warning: /);
    expect(await check(port)).toBe(1);
  });

  it('can change nothing of itself', async () => {
    for (const target of ['dist/apps/demo-api/src/main.js', 'node_modules/new.js', '../new']) {
      const script = `require('node:fs').appendFileSync(${JSON.stringify(target)}, '')`;
      const writer = start(['node', '-e', script]);
      expect([target, await writer.exited]).toEqual([target, [1, null]]);
      expect(writer.output).toContain('EACCES');
    }
  });

  it('says everything that it needs when it has nothing', async () => {
    const demo = start(commandOf(DOCKERFILE, 'CMD'), {
      ...Object.fromEntries(Object.keys(settings).map((name) => [name, ''])),
    });
    expect(await demo.exited).toEqual([1, null]);
    for (const name of ['DEMO_API_KEYS', 'DEMO_AUDIT_KEY', 'BANKCARD_OCR_APP_ID', 'BANKCARD_OCR_SECRET'])
      expect(demo.output).toContain(name);
  });

  itWithRedis('shares one refresh between two instances on the Redis of compose.yaml', async () => {
    const port = await freePort();
    const password = randomBytes(32).toString('hex');
    const { services } = readCompose({ REDIS_PASSWORD: password });
    const directory = mkdtempSync(path.join(tmpdir(), 'compose-redis-'));
    const [shell = '', ...args] = services['redis']!.command!.map((word) =>
      word.replace('--dir /data', `--dir ${directory} --bind 127.0.0.1 --port ${port}`),
    );
    const redis = spawn(shell, args, { env: { ...process.env, ...services['redis']!.environment }, stdio: 'ignore' });
    const ended = once(redis, 'exit');
    try {
      const [, client = '', ...words] = services['redis']!.healthcheck!.test;
      const ask = (env: object, ...what: string[]) =>
        spawnSync(client, ['-p', `${port}`, ...what], { encoding: 'utf8', env: { ...process.env, ...env } });
      const own = services['redis']!.environment!;
      while (ask(own, ...words).status !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(ask({ REDISCLI_AUTH: '' }, ...words).status).not.toBe(0);
      expect(ask(own, 'config', 'get', 'maxmemory-policy').stdout).toContain('noeviction');
      expect(ask(own, 'config', 'get', 'appendonly').stdout).toContain('yes');
      expect(readFileSync(`/proc/${redis.pid}/cmdline`, 'utf8')).not.toContain(password);
      const shared = Object.fromEntries(
        Object.entries(services['demo']!.environment!)
          .filter(([, value]) => value.startsWith('redis:'))
          .map(([name, value]) => [name, value.replace('@redis:6379', `@127.0.0.1:${port}`)]),
      );
      expect(Object.keys(shared)).toEqual(['BANKCARD_OCR_TICKET_STORE', 'DEMO_REDIS_URL']);
      const before = (await sandbox.report()).calls;
      // Beside an init process (`docker run --init`), too, a shutdown is no failure.
      const instances = [await serve(shared, false), await serve(shared)];
      for (const { get } of instances) expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
      const { calls } = await sandbox.report();
      expect(calls.accessToken - before.accessToken).toBe(1);
      for (const { demo } of instances) demo.signal('SIGTERM');
      for (const { demo } of instances) expect(await demo.exited).toEqual([0, null]);
      redis.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      redis.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
