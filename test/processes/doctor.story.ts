import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { examine, runCommandLine } from '../support/command-line.js';
import { CommandLineStage } from '../support/command-line-stage.js';

let stage: CommandLineStage;
beforeEach(async () => void (stage = await CommandLineStage.begin()));
afterEach(() => stage.end());

describe('doctor, where all is well', () => {
  it('says so, sends nothing secret and fetches nothing', async () => {
    await stage.runBackend();
    const before = { ...stage.sandbox.calls, record: readFileSync(stage.recordFile, 'utf8') };
    const run = await runCommandLine(['doctor'], { env: stage.environment() });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/^ok {7}configuration: app id IDA\*\*\*DB/);
    expect(run.stdout).toMatch(/^ok {7}stored credentials: generation 1, \d+ s old, in clear, ends in 60 min$/m);
    expect(run.stdout).toMatch(/^skipped {2}live: say --live/m);
    expect({ ...stage.sandbox.calls, record: readFileSync(stage.recordFile, 'utf8') }).toEqual({
      ...before,
      unknown: before.unknown + 1,
    });
  });

  it('says it in Chinese, and as one JSON document with the same facts', async () => {
    await stage.runBackend();
    const chinese = await runCommandLine(['doctor', '--lang', 'zh'], { env: stage.environment() });
    expect(chinese.stdout).toMatch(/^ok {7}已存凭证：第 1 代，已用 \d+ 秒，明文，60 分钟后到期$/m);
    const { document, run } = await examine([], { env: stage.environment() });
    expect(run.exitCode).toBe(0);
    expect(document).toMatchObject({ ok: true, exitCode: 0 });
    expect(document.checks.map(({ check }) => check)).toEqual(
      'configuration node connection clock store credentials refreshers live'.split(' '),
    );
    expect(document.checks.find(({ check }) => check === 'credentials')?.facts).toMatchObject({
      generation: 1,
      sealed: false,
    });
  });

  it('tries the credentials that are stored with --live, by one query and nothing else', async () => {
    await stage.runBackend();
    const { document, run } = await examine(['--live'], { env: stage.environment() });
    expect(run.exitCode).toBe(0);
    const live = document.checks.at(-1);
    expect(live).toMatchObject({ status: 'ok', facts: { vendorCode: '66660020', generation: 1, fetched: false } });
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1, result: 1 });
    expect(stage.sandbox.violations()).toEqual([]);
  });

  it('leaves credentials that are due to whoever refreshes', async () => {
    await stage.runBackend();
    const env = stage.environment({ BANKCARD_OCR_REFRESH_INTERVAL_MS: '10', BANKCARD_OCR_TICKET_OVERLAP_MS: '10' });
    const { document, statuses } = await examine(['--live'], { env });
    expect(document.checks.at(-1)).toMatchObject({ status: 'ok', facts: { fetched: false } });
    expect(statuses['credentials']).toEqual(['warn']);
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });

  it('fetches once with --live when the store has nothing, and the next run uses that', async () => {
    const first = await examine(['--live'], { env: stage.environment() });
    expect(first.document.checks.at(-1)).toMatchObject({ status: 'ok', facts: { generation: 1, fetched: true } });
    const second = await examine(['--live'], { env: stage.environment() });
    expect(second.document.checks.at(-1)).toMatchObject({ status: 'ok', facts: { generation: 1, fetched: false } });
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1, result: 2 });
  });

  it('reads a named registration, and a file of variables', async () => {
    const file = path.join(stage.directory, '.env');
    const named = Object.entries(stage.environment()).map(([name, value]) => `LOANS_${name}=${value}\n`);
    writeFileSync(file, named.join(''));
    const { run, statuses } = await examine(['--name', 'loans', '--env', file], { env: {} });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(statuses['configuration']).toEqual(['ok']);
  });

  it('with memory: fetches nothing unless that is asked for in so many words', async () => {
    const env = stage.environment({ BANKCARD_OCR_TICKET_STORE: 'memory:' });
    const careful = await examine(['--live'], { env });
    expect(careful.document.checks.at(-1)).toMatchObject({
      status: 'skipped',
      found: expect.stringContaining('--live --fetch'),
    });
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 0 });
    const wanted = await examine(['--live', '--fetch'], { env });
    expect(wanted.document.checks.at(-1)).toMatchObject({ status: 'ok', facts: { fetched: true } });
  });
});

describe('doctor, about the configuration', () => {
  it('names every fault at once and looks no further', async () => {
    const { run, document, statuses } = await examine([], {
      env: { BANKCARD_OCR_BASE_URL: 'vendor', BANKCARD_OCR_TIMEOUT_MS: 'soon', BANKCARD_OCR_TICKETSTORE: 'file:/x' },
    });
    expect(run.exitCode).toBe(1);
    const variables = document.checks
      .filter(({ check }) => check === 'configuration')
      .map(({ facts }) => facts?.['variable']);
    expect(variables).toEqual([
      ...['BANKCARD_OCR_APP_ID', 'BANKCARD_OCR_SECRET', 'BANKCARD_OCR_BASE_URL', 'BANKCARD_OCR_TIMEOUT_MS'],
      'BANKCARD_OCR_TICKETSTORE',
    ]);
    expect(statuses).toMatchObject({ connection: ['skipped'], store: ['skipped'], live: ['skipped'] });
  });

  it.each([
    [[], 'say which command'],
    [['doctor', '--deep'], '--deep is not understood'],
    [['doctor', '--name', '7'], '--name must be a letter'],
    [['doctor', '--env', '/nowhere/.env'], '--env cannot be read (ENOENT)'],
  ])('answers what it does not understand with 2: %j', async (args, wrong) => {
    const run = await runCommandLine(args, { env: stage.environment() });
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(wrong) });
  });

  it('has help in both languages', async () => {
    const [english, chinese] = await Promise.all(
      [['--help'], ['doctor', '--help', '--lang', 'zh']].map((args) => runCommandLine(args)),
    );
    expect(english).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Exit codes: 0') });
    expect(chinese).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('退出码：0') });
  });
});
