import { createSecretKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server.js';
import { RedisTicketStore } from '../redis/index.js';
import { SYSTEM_RANDOM, SYSTEM_RUNTIME } from '../runtime/random.js';
import { RefreshStage } from './refresh-stage.test-support.js';
import { RecordSeal, shiftTimestamps } from './ticket-record.codec.js';
import { RECORDED, RECORDED_APP_ID as appId, RECORDED_KEY } from './recorded-records.test-support.js';
import { FileTicketStore } from './store/file-ticket.store.js';
import { recordFolder } from './store/folder-safety.js';
import { MemoryTicketStore } from './store/memory-ticket.store.js';
import type { TicketStore } from './store/ticket-store.js';
import type { TicketRecord } from './ticket-record.js';
import { TicketRecordRepository } from './ticket-record-repository.js';

const T = 1_764_000_000_000;
const current = {
  number: 7,
  id: 'generation-7',
  refreshId: 'refresh-7',
  accessToken: 'token-of-generation-7',
  tokenRequestedAtMs: T,
  tokenLifeMs: 7_200_000,
  signTicket: 'ticket-of-generation-7',
  ticketRequestedAtMs: T + 100,
  ticketLifeMs: 3_600_000,
};
const earlier = [
  { number: 6, id: 'generation-6', signTicket: 'ticket-of-generation-6', replacedAtMs: T, endsAtMs: T + 2_400_000 },
  {
    number: 5,
    id: 'generation-5',
    signTicket: 'ticket-of-generation-5',
    replacedAtMs: T - 1_200_000,
    endsAtMs: T + 1_200_000,
  },
];

/** What each of the recorded records says. */
const CONTENTS: Readonly<Record<string, Partial<TicketRecord>>> = {
  refreshed: { current, earlier },
  'a token was requested': {
    current,
    earlier,
    unanswered: { sinceMs: T + 1_200_000, by: 'refresh-8' },
    forcedAtMs: T + 1_200_000,
  },
  'a token waits for its ticket, after failures': {
    current: { ...current, contested: true },
    earlier,
    pending: {
      number: 8,
      id: 'token-8',
      refreshId: 'refresh-8',
      accessToken: 'token-of-generation-8',
      tokenRequestedAtMs: T + 1_200_100,
      tokenLifeMs: 7_200_000,
    },
    failed: { attempts: 3, retryAtMs: T + 1_204_000, pauseMs: 3_900 },
    forcedAtMs: T + 600_000,
    writtenBackAtMs: T + 1_100_000,
    rejectedId: 'generation-7',
  },
};

const CASES = RECORDED.map(
  (recorded) => [`${recorded.what}, ${recorded.sealed ? 'sealed' : 'plain'}`, recorded] as const,
);

const repositoryOf = (store: TicketStore, sealed: boolean) =>
  new TicketRecordRepository({
    ...new RefreshStage().context({ store, random: SYSTEM_RANDOM, storeClock: SYSTEM_RUNTIME.clock }),
    seal: sealed ? new RecordSeal(createSecretKey(RECORDED_KEY), appId) : undefined,
    emit: (event) => {
      throw new Error(`unexpected event ${event.type}`);
    },
  });

/** The record with its secrets opened, as the code of today reads it. */
async function read(store: TicketStore, sealed: boolean): Promise<TicketRecord | undefined> {
  try {
    await store.open('read');
    return await repositoryOf(store, sealed).read();
  } finally {
    await store.close();
  }
}

describe('a record that version 0.1.0 has left', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'recorded-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each(CASES)('in a file is read: %s', async (_what, { what, sealed, file: { name, text } }) => {
    const folder = recordFolder(directory, appId);
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    const store = new FileTicketStore({ directory, appId, timeoutMs: 300_000 });
    const { writeId } = JSON.parse(text) as TicketRecord;
    const base = { format: 1, revision: 1, writeId, secretFingerprint: 'fingerprint' };
    expect(await read(store, sealed)).toEqual({ ...base, ...CONTENTS[what] });
  });

  it.each(CASES)('has the members that are written today: %s', async (_what, { what, sealed, file: { text } }) => {
    const store = new MemoryTicketStore();
    await repositoryOf(store, sealed).write(undefined, CONTENTS[what]!);
    const hideSealed = (name: string, value: unknown) =>
      name === 'writeId' || (typeof value === 'string' && value.startsWith('aes-256-gcm:')) ? 'hidden' : value;
    const written = JSON.stringify(await store.read());
    expect(JSON.parse(written, hideSealed)).toEqual(JSON.parse(text, hideSealed));
  });
});

describeWithRedis('a record that version 0.1.0 has left in Redis', () => {
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

  it.each(CASES)('is read: %s', async (_what, { what, sealed, redis }) => {
    await admin.hset(`bankcard-ocr:{${appId}}:record`, redis);
    const store = RedisTicketStore.fromUrl(server.url, { appId });
    const record = (await read(store, sealed))!;
    const base = { format: 1, revision: 1, writeId: redis.write_id, secretFingerprint: 'fingerprint' };
    // Its moments are by the clock of Redis; all of them are translated alike.
    const aheadMs = record.current!.tokenRequestedAtMs - T;
    expect(shiftTimestamps(record, -aheadMs)).toEqual({ ...base, ...CONTENTS[what] });
  });
});
