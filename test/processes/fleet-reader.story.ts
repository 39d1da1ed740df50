import { execFile } from 'node:child_process';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { DEFAULTS } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { type TestApplication, startApplication } from '../support/application.js';
import { blockWith } from '../support/readme-code.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

const read = (page: string) => readFileSync(path.join(__dirname, '../../docs', page), 'utf8');
const PAGE = read('fleet.md');
const SIGN_QUERY = blockWith(read('ticket-record.md'), 'sh', '# sign-query.sh');
const USERS = blockWith(PAGE, 'sh', 'redis-cli ACL SETUSER refresher');
const RIGHT_TO_ASK = /to let it ask for a refresh[^`]*`(?<rights>[^`]+)`/i.exec(PAGE)?.groups?.['rights'] ?? 'none';
/** The app id of the page. */
const APP_ID = 'IDAXXXXX';
const RECORD = `bankcard-ocr:{${APP_ID}}:record`;
const { clean } = KycSandbox.EXAMPLE_ORDERS;

const run = promisify(execFile);

/** What these pages tell a program that is no part of the fleet, and the rights that they give in Redis. */
describeWithRedis('docs/fleet.md and docs/ticket-record.md', () => {
  let redis: RedisServer;
  let sandbox: KycSandbox;
  let admin: Redis;
  const clients: Redis[] = [];
  const applications: TestApplication[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start();
    sandbox = await KycSandbox.start({ appId: APP_ID });
    admin = connect(redis.url);
  });

  afterEach(async () => {
    for (const { application } of applications.splice(0)) await application.close();
    for (const client of clients.splice(0)) client.disconnect();
    await sandbox.stop();
    await redis[Symbol.asyncDispose]();
  });

  function connect(url: string): Redis {
    const client = new Redis(url);
    clients.push(client);
    return client;
  }

  async function start(change: Parameters<typeof startApplication>[1] = {}): Promise<TestApplication> {
    const app = await startApplication(sandbox, { ticketStore: redis.url, ...change });
    applications.push(app);
    return app;
  }

  /** Run the shell script of the page. @returns the URL that it prints */
  async function sign(
    orderNo: string,
    url = redis.url,
    host: object = { BANKCARD_OCR_BASE_URL: sandbox.url },
  ): Promise<string> {
    const { stdout } = await run('sh', ['-c', SIGN_QUERY, 'sign-query.sh', orderNo], {
      env: { PATH: process.env['PATH'], BANKCARD_OCR_APP_ID: APP_ID, BANKCARD_OCR_TICKET_STORE: url, ...host },
    });
    return stdout.trim();
  }

  async function codeOf(url: string): Promise<string> {
    return ((await (await fetch(url)).json()) as { code: string }).code;
  }

  async function change(edit: (record: { format: number; current: Record<string, unknown> }) => void): Promise<void> {
    const record = JSON.parse((await admin.hget(RECORD, 'record')) ?? '') as Parameters<typeof edit>[0];
    edit(record);
    await admin.hset(RECORD, 'record', JSON.stringify(record));
  }

  /** As the user of this name, whom the page makes; in a database that has to be selected. */
  const as = (user: string): string => redis.url.replace('//', `//${user}:its-password@`).replace(/0$/, '1');

  async function makeUsers(): Promise<void> {
    await run('sh', ['-ec', USERS.replaceAll('redis-cli', `redis-cli -p ${redis.port}`)]);
    await admin.call('ACL', 'LOG', 'RESET');
  }

  /** What Redis has refused; from 7.2 on also that a client tells its name, which changes nothing. */
  async function refusals(): Promise<unknown[]> {
    const log = (await admin.call('ACL', 'LOG')) as unknown[];
    return log.filter((entry) => !JSON.stringify(entry).includes('client|setinfo'));
  }

  it('has a shell script whose queries the vendor accepts, before and after a refresh', async () => {
    const { tickets } = await start();
    await tickets.getCredentials();
    expect(await codeOf(await sign(clean))).toBe('0');
    await tickets.refresh();
    expect(await codeOf(await sign(clean))).toBe('0');
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.violations()).toEqual([]);
  });

  it('has a shell script that takes the default host of the library where none is set', async () => {
    const { tickets } = await start();
    await tickets.getCredentials();
    expect(await sign(clean, redis.url, {})).toMatch(`${DEFAULTS.baseUrl}/api/server/getBankCardOcrResult?app_id=`);
  });

  it('has a shell script that signs with nothing but a ticket that lives', async () => {
    const refused = expect.objectContaining({ stdout: '', stderr: expect.stringMatching(/no SIGN ticket to use/) });
    await expect(sign(clean)).rejects.toEqual(refused);
    const { tickets } = await start();
    await tickets.getCredentials();
    await change(({ current }) => (current['ticketLifeMs'] = 1));
    await expect(sign(clean)).rejects.toEqual(refused);
    await change(({ current }) => Object.assign(current, { ticketLifeMs: 3_600_000, tokenLifeMs: 1 }));
    await expect(sign(clean)).rejects.toEqual(refused);
    await change(({ current }) => (current['tokenLifeMs'] = 7_200_000));
    expect(await codeOf(await sign(clean))).toBe('0');
    await change((record) => (record.format = 2));
    await expect(sign(clean)).rejects.toEqual(refused);
    await admin.hset(RECORD, 'record', '{"format":1,');
    await expect(sign(clean)).rejects.toEqual(refused);
  });

  it('tells how a sealed ticket is opened, which the shell script refuses', async () => {
    const key = randomBytes(32);
    const { tickets } = await start({ storeEncryptionKey: key.toString('base64') });
    const { signTicket } = await tickets.getCredentials();
    const { current } = JSON.parse((await admin.hget(RECORD, 'record')) ?? '') as {
      current: { id: string; signTicket: string };
    };
    const bytes = Buffer.from(current.signTicket.slice('aes-256-gcm:'.length), 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
      .setAAD(Buffer.from(`["${APP_ID}","${current.id} signTicket"]`))
      .setAuthTag(bytes.subarray(-16));
    const opened = decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
    expect(opened).toBe(signTicket.reveal());
    await expect(sign(clean)).rejects.toThrow(/no SIGN ticket to use/);
  });

  it('gives its users all rights that they need', async () => {
    await makeUsers();
    // Nothing that can be read: it has to be set aside.
    await connect(redis.url.replace(/0$/, '1')).hset(RECORD, 'record', '{"format":1,');
    const refresher = await start({ ticketStore: as('refresher') });
    await refresher.ocr.query(clean);
    const reader = await start({ ticketStore: as('reader'), role: 'reader' });
    await reader.ocr.query(clean);
    await refresher.tickets.refresh();
    while (reader.tickets.status().generation !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await codeOf(await sign(clean, as('reader')))).toBe('0');
    await refresher.application.close();
    expect(await refusals()).toEqual([]);
    expect(refresher.tickets.status()).toMatchObject({ state: 'fresh', store: { scope: 'fleet' } });
  });

  it('gives a reader no right to change anything, until it is to ask for refreshes', async () => {
    await makeUsers();
    const refresher = await start({ ticketStore: as('refresher') });
    await refresher.tickets.getCredentials();
    const client = connect(as('reader'));
    const changes = [
      ['set', RECORD, 'x'],
      ['del', RECORD],
      ['hset', RECORD, 'x', 'y'],
      ['publish', RECORD, 'x'],
    ];
    for (const [command = '', ...rest] of changes) {
      await expect(client.call(command, ...rest)).rejects.toThrow(/NOPERM/);
    }
    await expect(client.eval("return redis.call('HSET', KEYS[1], 'x', 'y')", 1, RECORD)).rejects.toThrow(
      /run this command/,
    );

    await admin.call('ACL', 'SETUSER', 'reader', ...RIGHT_TO_ASK.replaceAll('IDAXXXXX', APP_ID).split(' '));
    await admin.call('ACL', 'LOG', 'RESET');
    const reader = await start({ ticketStore: as('reader'), role: 'reader' });
    await reader.tickets.getCredentials();
    sandbox.killCredentials();
    await reader.ocr.query(clean);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(refresher.tickets.status().generation).toBe(2);
    expect(await refusals()).toEqual([]);
  });
});
