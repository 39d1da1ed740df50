import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import {
  DirectoryArchiveQueue,
  DirectoryEvidenceStore,
  EvidenceArchive,
  type EvidenceStore,
  FileKeyStore,
} from 'nestjs-bankcard-ocr/archive';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';
import { KycSandbox, PICTURED_CARD_NUMBER, S3Sandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';
import { type CommandLineRun, examine, runCommandLine } from '../support/command-line.js';
import { readPage } from '../support/readme-pages.js';
import { shellBlocksOf } from '../support/shell-blocks.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const BY = { by: 'compliance', why: 'request 17' };

let sandbox: KycSandbox;
let app: TestApplication;
let folder: string;
let env: Record<string, string>;
const wrappingKey = randomBytes(32).toString('base64');

beforeAll(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox, { timeoutMs: 60_000 });
});

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'archive-command-'));
  env = {
    BANKCARD_OCR_APP_ID: sandbox.appId,
    BANKCARD_OCR_ARCHIVE_STORE: `file:${path.join(folder, 'evidence')}`,
    BANKCARD_OCR_ARCHIVE_KEYS: `file:${path.join(folder, 'keys')}`,
    BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS: `first=${wrappingKey}`,
  };
});

afterEach(() => rmSync(folder, { recursive: true }));

afterAll(async () => {
  await app.application.close();
  await sandbox.stop();
});

function archiveIn(store: EvidenceStore): EvidenceArchive {
  return new EvidenceArchive({
    source: { results: app.ocr, appId: sandbox.appId, host: 'https://idasc.webank.com' },
    store,
    keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: { first: wrappingKey } }),
  });
}

/** Three orders: kept, held, restricted. */
async function keep(archive = archiveIn(new DirectoryEvidenceStore(path.join(folder, 'evidence')))): Promise<string[]> {
  const refs: string[] = [];
  for (const orderNo of [clean, warned, noValidity]) {
    refs.push((await archive.keep(orderNo, { retentionClass: orderNo === clean ? 'loans' : 'cards' })).ref);
  }
  await archive.hold(warned, { ...BY, until: new Date(Date.now() + 86_400_000) });
  await archive.restrict(noValidity, BY);
  return refs;
}

async function run(args: string, stdin = ''): Promise<CommandLineRun & { documents: Record<string, unknown>[] }> {
  const ran = await runCommandLine(['archive', ...args.split(' ')], { env, stdin });
  const documents = ran.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  // Whatever it does: order numbers, cards and keys are not shown.
  for (const secret of [clean, warned, PICTURED_CARD_NUMBER, wrappingKey]) expect(ran.shown).not.toContain(secret);
  return { ...ran, documents };
}

function filesOf(part: string): string[] {
  return readdirSync(path.join(folder, 'evidence'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((name) => name.includes(part));
}

function today(): string {
  return new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** Both places of evidence, and what has to be closed. */
const PLACES: readonly (readonly [string, () => Promise<{ archive: EvidenceArchive; end(): Promise<void> }>])[] = [
  [
    'a directory',
    async () => ({
      archive: archiveIn(new DirectoryEvidenceStore(path.join(folder, 'evidence'))),
      end: async () => undefined,
    }),
  ],
  [
    'a bucket',
    async () => {
      const bucket = await S3Sandbox.start();
      const { endpoint, region, credentials } = bucket.clientOptions;
      const client = new S3Client({ ...bucket.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
      const query = new URLSearchParams({ endpoint, region, pathStyle: 'true' }).toString();
      env = {
        ...env,
        BANKCARD_OCR_ARCHIVE_STORE: `s3://${bucket.bucket}/evidence?${query}`,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      };
      return {
        archive: archiveIn(new S3EvidenceStore({ client, bucket: bucket.bucket, prefix: 'evidence/' })),
        end: async () => {
          client.destroy();
          await bucket.stop();
          expect(bucket.violations()).toEqual([]);
        },
      };
    },
  ],
];

describe.each(PLACES)('archive on %s', (_where, start) => {
  it('counts, verifies, exports and erases, in JSON where stdout is no terminal', async () => {
    const { archive, end } = await start();
    try {
      const [ref = '', heldRef = ''] = await keep(archive);
      const asked = { ...sandbox.calls };
      const status = await run('status');
      expect(status).toMatchObject({ exitCode: 0 });
      const state = { kept: 1, restricted: 1, held: 1, erased: 0 };
      expect(status.documents).toEqual([
        {
          command: 'archive status',
          ok: true,
          exitCode: 0,
          ...state,
          classes: [
            { retentionClass: 'cards', kept: 0, restricted: 1, held: 1, erased: 0 },
            { retentionClass: 'loans', kept: 1, restricted: 0, held: 0, erased: 0 },
          ],
          days: [{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), ...state }],
          damaged: 0,
          orphans: 0,
          underWay: 0,
          daysWithoutTimestamp: 0,
        },
      ]);
      const verified = await run('verify');
      expect(verified).toMatchObject({ exitCode: 0 });
      expect(verified.documents).toHaveLength(4);
      expect(verified.documents.at(-1)).toMatchObject({ ok: true, orders: 3, findings: 0 });
      expect((await run('verify -', `${clean}\n\n${warned}\n${clean}\n`)).documents).toMatchObject([
        { ref, ok: true },
        { ref: heldRef, ok: true },
        { orders: 2 },
      ]);

      const to = path.join(folder, 'bags');
      expect(await run(`export - --to ${to}`, clean)).toMatchObject({
        exitCode: 0,
        documents: [
          { ref, ok: true, directory: path.join(to, ref) },
          { exported: 1, failed: 0 },
        ],
      });
      const check = ['--check', '--strict', 'manifest-sha256.txt'];
      expect(execFileSync('sha256sum', check, { cwd: path.join(to, ref), encoding: 'utf8' })).toContain('crop.jpg: OK');

      // One of them is under a legal hold.
      const erased = await run('erase - --by retention --reason class-ended --yes', `${clean}\n${warned}`);
      expect(erased).toMatchObject({
        exitCode: 1,
        documents: [
          { ref, ok: true, remaining: 0 },
          { ref: heldRef, ok: false, code: 'EVIDENCE_HELD' },
          { erased: 1, failed: 1, remaining: 0 },
        ],
      });
      expect(await archive.find(clean)).toMatchObject({ state: 'erased' });
      expect((await run('status')).documents[0]).toMatchObject({ kept: 0, erased: 1, held: 1 });
      expect(await run('verify')).toMatchObject({ exitCode: 0 });
      expect(sandbox.calls).toEqual(asked);
    } finally {
      await end();
    }
  });
});

describe('archive', () => {
  it('ends with 1 and says what was changed, in English and in Chinese', async () => {
    const [ref = ''] = await keep();
    const photo = filesOf(`${ref}/`).find((name) => name.endsWith('-crop'))!;
    const bytes = readFileSync(photo);
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    writeFileSync(photo, bytes);
    const { exitCode, documents } = await run('verify');
    expect(exitCode).toBe(1);
    expect(documents).toContainEqual({
      ref,
      ok: false,
      findings: [{ object: 'crop', code: 'changed', message: expect.stringContaining('stored bytes were changed') }],
    });
    expect(documents.at(-1)).toMatchObject({ ok: false, exitCode: 1, orders: 3, findings: 1 });
    expect((await run('verify --lang zh')).stdout).toContain('存储内容已被改动');
    // A day of which somebody has another root, and an order that is not there.
    expect(await run(`verify ${today()} --root ${'0'.repeat(64)}`)).toMatchObject({ exitCode: 1 });
    expect((await run('verify -', 'unknownOrder1')).documents[0]).toMatchObject({
      ok: false,
      findings: [{ object: 'manifest', code: 'missing' }],
    });
    writeFileSync(filesOf(`${ref}/manifest.json`)[0]!, '{}');
    expect(await run('status')).toMatchObject({ exitCode: 1, documents: [{ damaged: 1, ok: false }] });
  });

  it('overwrites no bag, leaves none that is not whole, and exports nothing that is restricted', async () => {
    const [ref = ''] = await keep();
    const to = path.join(folder, 'bags');
    mkdirSync(path.join(to, ref), { recursive: true });
    writeFileSync(path.join(to, ref, 'mine'), 'x');
    const { exitCode, documents } = await run(`export - --to ${to}`, `${clean}\n${noValidity}`);
    expect(exitCode).toBe(1);
    expect(documents).toMatchObject([
      { ok: false, code: 'EEXIST' },
      { ok: false, code: 'EVIDENCE_RESTRICTED' },
      { exported: 0, failed: 2 },
    ]);
    expect(readdirSync(to)).toEqual([ref]);
    expect(readdirSync(path.join(to, ref))).toEqual(['mine']);
  });

  it('erases nothing where nobody can be asked, and writes into the log who and why', async () => {
    await keep();
    expect(await run('erase - --by retention --reason ended', clean)).toMatchObject({
      exitCode: 2,
      documents: [],
      stdout: '',
      stderr: expect.stringContaining('--yes'),
    });
    expect(filesOf('/history/')).toHaveLength(2);
    expect(await run('erase - --by retention --yes', clean)).toMatchObject({ exitCode: 2 });
    await run('erase - --by retention --reason ended --yes', clean);
    const decisions = filesOf('/history/').map((name) => JSON.parse(readFileSync(name, 'utf8')) as object);
    expect(decisions).toContainEqual(expect.objectContaining({ type: 'erased', by: 'retention', why: 'ended' }));
    expect((await run('verify')).exitCode).toBe(0);
  });

  it.each<[string, () => void, RegExp]>([
    ['nothing is configured', () => (env = {}), /set BANKCARD_OCR_APP_ID, --store/],
    [
      'the store is empty',
      () => (env['BANKCARD_OCR_ARCHIVE_STORE'] = `file:${folder}/typo`),
      /no archive in this store/,
    ],
    ['the keys are elsewhere', () => (env['BANKCARD_OCR_ARCHIVE_KEYS'] = `file:${folder}/typo`), /not the keys/],
    [
      'the wrapping key is another',
      () => (env['BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS'] = `first=${randomBytes(32).toString('base64')}`),
      /cannot be unwrapped/,
    ],
    ['the wrapping key is no key', () => (env['BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS'] = 'canary'), /must be NAME=KEY/],
    ['the app id is another', () => (env['BANKCARD_OCR_APP_ID'] = 'TIDA0009'), /another app id/],
    [
      'the store is no place',
      () => (env['BANKCARD_OCR_ARCHIVE_STORE'] = 'ftp://canary'),
      /must be file:DIRECTORY or s3/,
    ],
    [
      'the bucket has an unknown option',
      () => (env['BANKCARD_OCR_ARCHIVE_STORE'] = 's3://b/?x=canary'),
      /must be file:DIRECTORY or s3/,
    ],
  ])('does not begin when %s, and makes nothing', async (_what, change, message) => {
    await keep();
    change();
    const before = readdirSync(folder);
    const { exitCode, stdout } = await runCommandLine(['archive', 'status', '--json'], { env });
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, wrong: expect.stringMatching(message) });
    expect(stdout).not.toContain('canary');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('breaks off with 3 when the store fails', async () => {
    const query = new URLSearchParams({ endpoint: 'http://127.0.0.1:1', region: 'x', pathStyle: 'true' }).toString();
    env = {
      ...env,
      BANKCARD_OCR_ARCHIVE_STORE: `s3://bucket/?${query}`,
      AWS_ACCESS_KEY_ID: 'AKCANARY',
      AWS_SECRET_ACCESS_KEY: 'canary',
    };
    const { exitCode, documents, shown } = await run('status');
    expect(exitCode).toBe(3);
    expect(documents).toMatchObject([
      { command: 'archive status', ok: false, wrong: expect.stringContaining('store') },
    ]);
    expect(shown).not.toMatch(/canary/i);
  });

  it.each(['docs/archive.md', 'docs/archive.zh-CN.md'])(
    '%s: the commands of the page work as they are printed',
    async (page) => {
      const [ref = ''] = await keep();
      const block = shellBlocksOf(readPage(page)).find(({ code }) => code.includes('archive status'));
      const code = block!.code
        .replaceAll('/var/lib/evidence', path.join(folder, 'evidence'))
        .replace(path.join(folder, 'evidence-keys'), path.join(folder, 'keys'))
        .replace('IDAXXXXX', sandbox.appId)
        .replace('k2026', 'first')
        .replace('order1', clean);
      // What npx runs where the package is installed.
      const main = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src/cli/main.js');
      const script = `#!/bin/sh\n[ "$1 $2" = '--no nestjs-bankcard-ocr' ] || exit 9\nshift 2\nexec '${process.execPath}' '${main}' "$@"\n`;
      writeFileSync(path.join(folder, 'npx'), script, { mode: 0o755 });
      const shown = execFileSync('sh', ['-ec', code], {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`,
          EVIDENCE_WRAPPING_KEY: wrappingKey,
        },
      });
      expect(shown.trim().split('\n')).toHaveLength(1 + 4 + 2);
      expect(existsSync(path.join(folder, 'bags', ref, 'bagit.txt'))).toBe(true);
    },
  );

  it('says what waits in the queue of a directory, and makes none', async () => {
    const archive = archiveIn(new DirectoryEvidenceStore(path.join(folder, 'evidence')));
    await keep(archive);
    env['BANKCARD_OCR_ARCHIVE_QUEUE'] = `file:${folder}/queue`;
    expect(await run('status')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no queue') });
    expect(existsSync(path.join(folder, 'queue'))).toBe(false);
    const orders = await archive.queuedOrders();
    const queue = new DirectoryArchiveQueue(path.join(folder, 'queue'));
    await queue.open(orders.scope);
    const order = { orderNo: 'waiting1', recognizedAt: new Date(Date.now() - 60_000) };
    await queue.add(orders.seal(order, await archive.refOf(order.orderNo)));
    await queue.close();
    const [status] = (await run('status')).documents;
    expect(status).toMatchObject({ queue: { waiting: 1, active: 0, dead: 0 } });
    expect((status!['queue'] as { oldestWaitingMs: number }).oldestWaitingMs).toBeGreaterThanOrEqual(60_000);
  });

  it('serves a named account, whose variables begin with its name, and takes places as flags', async () => {
    await keep();
    const key = env['BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS']!;
    env = { LOANS_BANKCARD_OCR_APP_ID: sandbox.appId, LOANS_BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS: key };
    const places = `--store file:${folder}/evidence --keys file:${folder}/keys`;
    expect(await run(`status --name loans ${places}`)).toMatchObject({ exitCode: 0 });
  });

  /** On a terminal, made by script of util-linux. */
  async function onTerminal(args: string, typed: string): Promise<{ code: number; screen: string }> {
    const main = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src/cli/main.js');
    const command = `${process.execPath} ${main} archive ${args}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let [screen, wasAsked] = ['', false];
    child.stdout.on('data', (bytes: Buffer) => {
      screen += bytes.toString();
      if (wasAsked || !screen.includes('to go on:')) return;
      wasAsked = true;
      child.stdin.write(typed);
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, screen };
  }

  it('prints text and progress on a terminal, and asks before it erases', async () => {
    const [ref = ''] = await keep();
    const verified = await onTerminal('verify', '');
    expect(verified.screen).toMatch(/\[#*-*\] \d+% \d+\/5 entries/);
    expect(verified.screen).toContain('3 orders verified, 0 findings');
    expect((await onTerminal('status --lang zh', '')).screen).toContain(
      '全部：已存证 1，限制处理 1，法律保全 1，已删除 0',
    );

    const flags = '--by retention --reason ended';
    const refused = await onTerminal(`erase ${clean} ${flags}`, 'no\n');
    expect(refused).toMatchObject({ code: 2, screen: expect.stringContaining('nothing was erased') });
    expect(filesOf(`${ref}/history/`)).toEqual([]);
    const erased = await onTerminal(`erase ${clean} ${flags}`, '1\n');
    expect(erased).toMatchObject({ code: 0, screen: expect.stringContaining(`ok   ${ref} erased, 0 objects remain`) });
    expect(existsSync(path.join(folder, 'keys', `${ref}.key`))).toBe(false);
  });
});

describe('doctor on an archive', () => {
  const base = (): Record<string, string> => ({
    ...env,
    BANKCARD_OCR_SECRET: sandbox.secret,
    BANKCARD_OCR_BASE_URL: sandbox.url,
    BANKCARD_OCR_TICKET_STORE: 'memory:',
  });

  it('says that it is written once, and that its keys are there and kept apart; it leaves nothing', async () => {
    const before = await examine([], { env: base() });
    expect(before.statuses['archive']).toEqual(['warn', 'warn']);
    expect(readdirSync(folder)).toEqual([]);
    await keep();
    const files = filesOf('');
    const { document, statuses } = await examine([], { env: base() });
    expect(statuses['archive']).toEqual(['ok', 'ok']);
    expect(document.checks.filter(({ check }) => check === 'archive').map(({ found }) => found)).toEqual([
      'directory, written once',
      'keys present, and those of this archive',
    ]);
    expect(filesOf('')).toEqual(files);
    // No variable of the archive is taken for one that is spelled wrong.
    expect(statuses['configuration']).toEqual(['ok']);
  });

  it('fails when keys are missing, those of another archive, or beside the evidence', async () => {
    await keep();
    const elsewhere = { ...base(), BANKCARD_OCR_ARCHIVE_KEYS: `file:${folder}/typo` };
    expect((await examine([], { env: elsewhere })).statuses['archive']).toEqual(['ok', 'fail']);
    expect((await examine([], { env: { ...base(), BANKCARD_OCR_APP_ID: 'TIDA0009' } })).statuses['archive']).toEqual([
      'ok',
      'fail',
    ]);
    renameSync(path.join(folder, 'keys'), path.join(folder, 'evidence/keys'));
    const within = { ...base(), BANKCARD_OCR_ARCHIVE_KEYS: `file:${folder}/evidence/keys` };
    const { run: ran, document } = await examine([], { env: within });
    expect(ran.exitCode).toBe(1);
    expect(document.checks).toContainEqual(
      expect.objectContaining({ check: 'archive', status: 'fail', found: 'keys and evidence are in one directory' }),
    );
  });

  it('fails for a bucket that replaces objects', async () => {
    const bucket = await S3Sandbox.start({ dialect: 'ignores-conditions' });
    try {
      const { endpoint, region, credentials } = bucket.clientOptions;
      const query = new URLSearchParams({ endpoint, region, pathStyle: 'true' }).toString();
      const { document } = await examine([], {
        env: {
          ...base(),
          BANKCARD_OCR_ARCHIVE_STORE: `s3://${bucket.bucket}/?${query}`,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
      });
      const writing = document.checks.find(({ check }) => check === 'archive');
      expect(writing).toMatchObject({ status: 'fail', found: expect.stringContaining('not write-once') });
    } finally {
      await bucket.stop();
    }
  });
});
