import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import type { BankCardOcrOptions } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { recordFolder } from '../../libs/bankcard-ocr/src/credentials/store/folder-safety.js';
import { startApplication, type TestApplication } from '../support/application.js';
import { BROKEN_LEASES, BROKEN_RECORDS, type Spoil } from '../support/broken-keys.js';
import { Fleet } from '../support/fleet.js';
import { type Hostile, HOSTILE_PATHS } from '../support/hostile-paths.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

let sandbox: KycSandbox;
const ends: (() => unknown)[] = [];
const onEnd = (end: () => unknown): void => void ends.push(end);

beforeEach(async () => {
  sandbox = await KycSandbox.start({ unknownOrders: 'invent' });
  onEnd(() => sandbox.stop());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function backend(ticketStore: BankCardOcrOptions['ticketStore']): Promise<TestApplication> {
  const started = await startApplication(sandbox, { ticketStore });
  onEnd(() => started.application.close());
  return started;
}

/** Two backends that start on it serve with one token; then it breaks, and what they hold is put back for a third. */
async function serveThroughAll(ticketStore: string, spoil: () => Promise<unknown>): Promise<void> {
  await spoil();
  const backends = await Promise.all([backend(ticketStore), backend(ticketStore)]);
  await Promise.all(backends.map(({ ocr }) => ocr.query('order1')));
  await spoil();
  for (const { tickets, ocr } of backends) {
    await tickets.reload();
    await ocr.query('order1');
  }
  const third = await backend(ticketStore);
  await third.ocr.query('order1');
  expect([...backends, third].map(({ tickets }) => tickets.status().generation)).toEqual([1, 1, 1]);
  expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  expect(sandbox.rejected).toBe(0);
  for (const { application } of [...backends, third]) await application.close();
}

/** A refresh that is wanted while it breaks is carried out. */
async function refreshThrough(ticketStore: string, spoil: () => Promise<unknown>): Promise<void> {
  const { tickets, ocr } = await backend(ticketStore);
  await ocr.query('order1');
  await spoil();
  await expect(tickets.refresh()).resolves.toMatchObject({ generation: 2 });
  await ocr.query('order1');
  expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
}

describe('a directory of a ticket store in which somebody has put something else', () => {
  let directory: string;
  let folder: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'hostile-'));
    folder = recordFolder(directory, sandbox.appId);
    onEnd(() => rmSync(directory, { recursive: true, force: true }));
  });

  /** Above the highest number of a series. */
  async function putNext(series: string, put: Hostile): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const numbers = readdirSync(folder).flatMap((name) => new RegExp(`^${series}\\.(\\d+)$`).exec(name)?.[1] ?? []);
    const next = Math.max(0, ...numbers.map(Number)) + 1;
    await put(path.join(folder, `${series}.${String(next).padStart(16, '0')}`), onEnd);
  }

  it.each(HOSTILE_PATHS)('costs no query: %s', async (_what, put) => {
    await serveThroughAll(`file:${directory}`, async () => {
      await putNext('record', put);
      await putNext('lease', put);
    });
  });

  it('stops no refresh', async () => {
    await refreshThrough(`file:${directory}`, async () => {
      for (const series of ['record', 'lease']) await putNext(series, HOSTILE_PATHS[0]![1]);
    });
  });

  it('does not keep a process from ending', async () => {
    const fleet = new Fleet({ sandbox, ticketStore: `file:${directory}`, intervalMs: 1_200_000, overlapMs: 60_000 });
    onEnd(() => fleet.stop());
    for (const [, put] of HOSTILE_PATHS.slice(0, 5)) await putNext('record', put);
    await fleet.start(1);
    for (const [, put] of HOSTILE_PATHS.slice(0, 5)) await putNext('record', put);
    await fleet.ask('burst 3');
    const [instance] = fleet.instances;
    // Told to close its application and to exit.
    await fleet.stop();
    expect(instance!.process.exitCode).toBe(0);
  });
});

describeWithRedis('keys of a ticket store in which somebody has put something else', () => {
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  const cases: [string, string, Spoil][] = [
    ...BROKEN_RECORDS.map(([what, put]): [string, string, Spoil] => ['record', what, put]),
    ...BROKEN_LEASES.map(([what, put]): [string, string, Spoil] => ['lease', what, put]),
  ];

  beforeEach(() => admin.flushall());

  it.each(cases)('cost no query: in the place of the %s, %s', async (name, _what, put) => {
    const key = `bankcard-ocr:{${sandbox.appId}}:${name}`;
    await serveThroughAll(server.url, async () => {
      await admin.del(key);
      await put(admin, key);
    });
  });

  it('stop no refresh', async () => {
    const key = `bankcard-ocr:{${sandbox.appId}}`;
    await refreshThrough(server.url, async () => {
      for (const name of ['record', 'lease']) {
        await admin.del(`${key}:${name}`);
        await admin.rpush(`${key}:${name}`, 'x');
      }
    });
  });
});
