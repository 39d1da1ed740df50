import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FileTicketStore } from 'nestjs-bankcard-ocr';
import { examine } from '../support/command-line.js';
import { CommandLineStage } from '../support/command-line-stage.js';

let stage: CommandLineStage;
beforeEach(async () => void (stage = await CommandLineStage.begin()));
afterEach(() => stage.end());

describe('doctor, about the store', () => {
  it('notices a directory that cannot be one', async () => {
    const file = path.join(stage.directory, 'file');
    writeFileSync(file, '');
    const { run, statuses } = await examine(['--live'], {
      env: stage.environment({ BANKCARD_OCR_TICKET_STORE: `file:${file}/x` }),
    });
    expect(run.exitCode).toBe(1);
    expect(statuses).toMatchObject({ store: ['fail'], credentials: ['fail'], live: ['skipped'] });
  });

  it('makes no directory, so that it belongs to the application later', async () => {
    const missing = path.join(stage.directory, 'missing');
    const { run, statuses } = await examine([], {
      env: stage.environment({ BANKCARD_OCR_TICKET_STORE: `file:${missing}` }),
    });
    expect(run.exitCode).toBe(0);
    expect(statuses).toMatchObject({ store: ['ok'], credentials: ['ok'], refreshers: ['skipped'] });
    expect(readdirSync(stage.directory)).toEqual([]);
  });

  it('tells of a damaged record, leaves it where it is and fetches nothing', async () => {
    await stage.runBackend();
    const file = stage.recordFile;
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -9));
    const damaged = readFileSync(file, 'utf8');
    const { run, document } = await examine(['--live'], { env: stage.environment() });
    expect(run.exitCode).toBe(1);
    expect(document.checks.find(({ check }) => check === 'credentials')).toMatchObject({
      status: 'fail',
      found: 'the record is damaged',
    });
    expect(readFileSync(file, 'utf8')).toBe(damaged);
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1 });
  });

  it.each([
    ['another app secret', { BANKCARD_OCR_SECRET: 'x'.repeat(64) }, 'made with another app secret'],
    [
      'a store key that the others do not have',
      { BANKCARD_OCR_STORE_ENCRYPTION_KEY: 'a1'.repeat(32) },
      'in clear, while',
    ],
  ])('with %s fetches nothing, which would end the credentials of the others', async (_what, change, found) => {
    await stage.runBackend();
    const { run, document } = await examine(['--live'], { env: stage.environment(change) });
    expect(run.exitCode).toBe(1);
    expect(document.checks.find(({ check }) => check === 'credentials')?.found).toContain(found);
    expect(document.checks.at(-1)).toMatchObject({ status: 'skipped' });
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });
});

describe('doctor --live, when the vendor refuses', () => {
  it('a wrong secret: says which code, and who has to act', async () => {
    const { run, document } = await examine(['--live'], {
      env: stage.environment({ BANKCARD_OCR_SECRET: 'x'.repeat(64) }),
    });
    expect(run.exitCode).toBe(1);
    expect(document.checks.at(-1)).toMatchObject({
      status: 'fail',
      facts: { code: 'NO_VALID_TICKET', vendorCode: '400101' },
      todo: expect.stringContaining('Check app id and secret'),
    });
  });

  it('an app id that does not exist', async () => {
    const { document } = await examine(['--live'], { env: stage.environment({ BANKCARD_OCR_APP_ID: 'IDANOBODY' }) });
    expect(document.checks.at(-1)).toMatchObject({ status: 'fail', facts: { vendorCode: '66660001' } });
  });

  it('credentials that should live on: tells of a foreign refresher, and forces no refresh', async () => {
    await stage.runBackend();
    stage.sandbox.killCredentials();
    const { run, document } = await examine(['--live'], { env: stage.environment() });
    expect(run.exitCode).toBe(1);
    expect(document.checks.at(-1)).toMatchObject({
      status: 'fail',
      facts: { vendorCode: '400102', fetched: false },
      todo: expect.stringContaining('another program seems to refresh this app id'),
    });
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1, result: 1 });
  });

  it('leaves a mark that asks for a refresh to whoever refreshes, and tells of it', async () => {
    await stage.runBackend();
    const store = new FileTicketStore({ directory: stage.directory, appId: stage.sandbox.appId });
    const record = await store.read();
    const marked = { ...record!, revision: record!.revision + 1, writeId: 'mark', rejectedId: record!.current!.id };
    await store.compareAndSet(record, marked);
    const { statuses } = await examine(['--live'], { env: stage.environment() });
    expect(statuses).toMatchObject({ refreshers: ['warn'], live: ['ok'] });
    expect(await store.read()).toEqual(marked);
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });

  it('a vendor in trouble is its own affair', async () => {
    await stage.runBackend();
    stage.sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '999999' });
    const { document } = await examine(['--live'], { env: stage.environment() });
    expect(document.checks.at(-1)).toMatchObject({
      status: 'fail',
      todo: expect.stringContaining('Tencent has to act'),
    });
  });
});
