import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TicketRecord } from 'nestjs-bankcard-ocr';
import { MINUTE, SECOND } from '../support/moved-time.js';
import { Restarts } from '../support/restarts.js';
import { SharedStage } from '../support/shared-stage.js';

const KEY = 'a1'.repeat(32);
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');

let stage: SharedStage;
beforeEach(async () => void (stage = await SharedStage.begin()));
afterEach(() => stage.end());

describe('with a store key', () => {
  it('the store never holds a token or a ticket in clear, at no moment of a refresh', async () => {
    const { store } = stage;
    const { tickets } = await stage.join({ storeEncryptionKey: KEY });
    const secrets: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { accessToken, signTicket } = await tickets.refresh();
      secrets.push(accessToken.reveal(), signTicket.reveal());
      await stage.pass(MINUTE, 10 * SECOND);
    }
    const stored = JSON.stringify(store.written);
    for (const secret of secrets) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(Buffer.from(secret).toString('base64').slice(0, 40));
    }
    // Not for want of anything to hide: pending tokens, current generations and earlier tickets were written.
    expect(store.written.filter(({ pending }) => pending).length).toBeGreaterThanOrEqual(3);
    expect(store.record?.earlier?.length).toBeGreaterThanOrEqual(2);
    expect(store.record).toMatchObject({ current: { number: 4, accessToken: expect.stringMatching(/^aes-256-gcm:/) } });
  });

  it('processes with the same key share one refresh, in whichever of the two spellings the key is written', async () => {
    const first = await stage.join({ storeEncryptionKey: KEY });
    const second = await stage.join({ storeEncryptionKey: Buffer.from(KEY, 'hex').toString('base64') });
    await stage.passAndQuery(21 * MINUTE, 30 * SECOND);
    expect(stage.sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect(second.tickets.status().generationId).toBe(first.tickets.status().generationId);
    expect(second.tickets.ticketsForVerifying).toHaveLength(2);
  });

  it.each([
    ['another key', KEY, OTHER_KEY],
    ['no key any more', KEY, undefined],
    ['a key for the first time', undefined, KEY],
  ])('%s: what is stored is dropped and fetched anew, and said once', async (_what, before, after) => {
    const { sandbox } = stage;
    const first = await stage.join({ storeEncryptionKey: before });
    await first.tickets.refresh();
    await stage.leave(first);
    await stage.pass(2 * MINUTE, MINUTE);
    const next = await stage.join({ storeEncryptionKey: after });
    expect(next.tickets.status()).toMatchObject({ state: 'fresh', generation: 3 });
    expect(next.tickets.ticketsForVerifying).toHaveLength(1);
    await stage.passAndQuery(5 * MINUTE, 10 * SECOND);
    expect(sandbox.rejected).toBe(0);
    const again = await stage.join({ storeEncryptionKey: after });
    expect(again.tickets.status()).toMatchObject({ generation: 3 });
    expect(again.eventsOf('credentials-unreadable')).toEqual([]);
  });

  it('another key does not bring a forced refresh nearer to the last one', async () => {
    const first = await stage.join({ storeEncryptionKey: KEY });
    await first.tickets.refresh();
    await stage.leave(first);
    await stage.pass(10 * SECOND, SECOND);
    const next = await stage.join({ storeEncryptionKey: OTHER_KEY });
    await expect(next.tickets.refresh()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 50 * SECOND });
  });

  it.each<[string, (record: TicketRecord) => Partial<TicketRecord>]>([
    ['changed', ({ current }) => ({ current: { ...current!, signTicket: flipLast(current!.signTicket) } })],
    ['truncated', ({ current }) => ({ current: { ...current!, accessToken: current!.accessToken.slice(0, 40) } })],
    ['replaced by one in clear', ({ current }) => ({ current: { ...current!, accessToken: 'x'.repeat(90) } })],
    ['moved to another generation', ({ current }) => ({ current: { ...current!, id: 'of-another' } })],
  ])('a stored credential that somebody has %s is not used', async (_how, spoil) => {
    const { store, sandbox } = stage;
    const first = await stage.join({ storeEncryptionKey: KEY });
    await stage.leave(first);
    store.rollBackTo({ ...store.record!, ...spoil(store.record!), writeId: 'of-somebody' });
    const next = await stage.join({ storeEncryptionKey: KEY });
    expect(next.tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    await next.query();
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.calls.accessToken).toBe(2);
  });

  it('two processes with different keys do not write against each other without end', async () => {
    const { store, sandbox } = stage;
    const old = await stage.join({ storeEncryptionKey: KEY });
    const next = await stage.join({ storeEncryptionKey: OTHER_KEY });
    const before = store.asked.swap;
    await stage.pass(20 * SECOND, SECOND);
    expect(store.asked.swap - before).toBe(0);
    // Each has its own, and the one ends that of the other: a replacement an overlap, and no more.
    await stage.pass(5 * MINUTE, 5 * SECOND, async () => {
      await Promise.allSettled([old.query(), next.query()]);
    });
    expect(sandbox.calls.accessToken).toBeLessThanOrEqual(2 + 6);
    expect(old.eventsOf('credentials-unreadable').length).toBeGreaterThan(0);
  });
});

/** Another last character that decodes to other bytes. */
function flipLast(sealed: string): string {
  const bytes = Buffer.from(sealed.slice('aes-256-gcm:'.length), 'base64');
  bytes[bytes.length - 1]! ^= 1;
  return `aes-256-gcm:${bytes.toString('base64')}`;
}

describe('files, with a store key', () => {
  it('hold nothing of token or ticket', async () => {
    const files = await Restarts.begin();
    try {
      const { tickets } = await files.restart({ storeEncryptionKey: KEY });
      const before = await tickets.getCredentials();
      const after = await tickets.refresh();
      const folder = join(files.directory, (await readdir(files.directory))[0]!);
      const names = await readdir(folder);
      const text = (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
      expect(text).toContain(after.generationId);
      for (const { accessToken, signTicket } of [before, after]) {
        expect(text).not.toContain(accessToken.reveal());
        expect(text).not.toContain(signTicket.reveal());
      }
      const next = await files.restart({ storeEncryptionKey: KEY });
      expect(next.tickets.peek()?.generationId).toBe(after.generationId);
    } finally {
      await files.end();
    }
  });
});
