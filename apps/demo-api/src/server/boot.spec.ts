import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { pointAtSandbox } from '../sandbox/sandbox-environment.js';
import { readSecuritySettings } from '../settings/security-settings.js';
import { boot } from './boot.js';
import { listen } from './listen.js';
import { StartError } from './start-error.js';

const folder = mkdtempSync(path.join(tmpdir(), 'boot-'));
const security = readSecuritySettings({
  DEMO_AUDIT_FILE: path.join(folder, 'audit.jsonl'),
  DEMO_AUDIT_KEY: 'a1'.repeat(32),
});
const { settings } = security;
const writes = { out: jest.spyOn(process.stdout, 'write'), err: jest.spyOn(process.stderr, 'write') };

let sandbox: KycSandbox;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  pointAtSandbox(process.env, sandbox);
  writes.out.mockClear();
  writes.err.mockClear();
});

afterEach(() => sandbox.stop());

afterAll(() => rmSync(folder, { recursive: true }));

describe('a start that cannot be', () => {
  it('tells everything that is wrong in one message, and logs nothing', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('BANKCARD_OCR_')) delete process.env[name];
    const started = boot({ ...settings, logger: ['error'], faults: ['PORT: is wrong', ...security.faults] });
    const error: unknown = await started.catch((thrown: unknown) => thrown);
    expect(writes.out).not.toHaveBeenCalled();
    expect(writes.err).not.toHaveBeenCalled();
    expect(error).toBeInstanceOf(StartError);
    const { message } = error as Error;
    for (const part of ['PORT: is wrong', 'openssl rand -hex 32', 'BANKCARD_OCR_APP_ID', 'BANKCARD_OCR_SECRET']) {
      expect(message).toContain(part);
    }
  });

  it('does not begin with faults of the demo, though the library is content', async () => {
    const started = boot({ ...settings, logger: ['error'], faults: ['PORT: is wrong'] });
    await expect(started).rejects.toThrow(/^demo-api cannot start:\n {2}- PORT: is wrong$/);
    expect(sandbox.calls.accessToken).toBe(0);
  });
});

it('does not begin when nothing can be audited, and says which variable it is', async () => {
  const auditFile = path.join(folder, 'a-folder');
  mkdirSync(auditFile);
  const started = boot({ ...settings, auditFile, logger: ['error'], faults: [] });
  await expect(started).rejects.toThrow(
    /^demo-api cannot start:\n {2}- DEMO_AUDIT_FILE: cannot be opened for writing: EISDIR$/,
  );
  expect(sandbox.calls.accessToken).toBe(0);
});

it('gives the head of a request 5 s, all of it 30 s, and looks often enough for both to hold', async () => {
  const app = await boot({ ...settings, logger: ['error'], faults: [] });
  expect(app.getHttpServer()).toMatchObject({
    headersTimeout: 5_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 1_000,
    timeout: 60_000,
  });
  await app.close();
});

describe('listening', () => {
  let taken: Server;

  beforeEach(async () => {
    taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(() => once(taken.close(), 'close'));

  it('says which port is taken, logs nothing, and has not asked the vendor for anything', async () => {
    const { port } = taken.address() as { port: number };
    const app = await boot({ ...settings, logger: ['error'], faults: [] });
    await expect(listen(app, { port, host: '127.0.0.1' })).rejects.toThrow(`PORT: ${port} is taken on 127.0.0.1`);
    expect(sandbox.calls.accessToken).toBe(0);
    expect(writes.out).not.toHaveBeenCalled();
    expect(writes.err).not.toHaveBeenCalled();
  });

  it('says so of the port for metrics, too, before the vendor is asked', async () => {
    const { port } = taken.address() as { port: number };
    const at = (place: { port: number; host: string }) =>
      boot({ ...settings, logger: ['error'], faults: [], metrics: place });
    const place = { port: 0, host: '127.0.0.1' };
    const refused = listen(await at({ ...place, port }), place);
    await expect(refused).rejects.toThrow(`- DEMO_METRICS_PORT: ${port} is taken on 127.0.0.1`);
    const elsewhere = listen(await at({ ...place, host: '192.0.2.1' }), place);
    await expect(elsewhere).rejects.toThrow('- DEMO_METRICS_HOST: 192.0.2.1 is no address');
    expect(sandbox.calls.accessToken).toBe(0);
  });

  it('says that a host is not of this machine', async () => {
    const app = await boot({ ...settings, logger: ['error'], faults: [] });
    await expect(listen(app, { port: 0, host: '192.0.2.1' })).rejects.toThrow('HOST: 192.0.2.1 is no address');
  });

  it('tells the address it got', async () => {
    const app = await boot({ ...settings, logger: ['error'], faults: [] });
    expect(await listen(app, { port: 0, host: '127.0.0.1' })).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    await app.close();
  });
});
