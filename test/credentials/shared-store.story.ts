import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileTicketStore, MemoryTicketStore } from 'nestjs-bankcard-ocr';
import type { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { MINUTE, SECOND } from '../support/moved-time.js';
import { atRest, eventually, passTime } from '../support/passing-time.js';
import { Restarts } from '../support/restarts.js';

let stage: Restarts;
let clock: ManualClock;
let sandbox: KycSandbox;

beforeEach(async () => {
  stage = await Restarts.begin();
  ({ clock, sandbox } = stage);
});

afterEach(() => stage.end());

/** Another process finishes its refresh just before this one gets the lease. */
class OvertakenStore extends MemoryTicketStore {
  overtake: (() => Promise<unknown>) | undefined;

  override async acquireLease(): ReturnType<MemoryTicketStore['acquireLease']> {
    const overtake = this.overtake;
    this.overtake = undefined;
    await overtake?.();
    return super.acquireLease();
  }
}

describe('two that share a store', () => {
  it('look again once they may refresh: the other one may have done it meanwhile', async () => {
    const store = new OvertakenStore();
    const first = await stage.restart({ ticketStore: store });
    const second = await stage.join({ ticketStore: store, backgroundRefresh: false });
    await second.tickets.getCredentials();
    store.overtake = () => second.tickets.refresh();
    await expect(first.tickets.refresh()).resolves.toMatchObject({ generation: 2 });
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.violations()).toEqual([]);
  });
});

describe('a request that is wrong', () => {
  it('does not keep dead credentials from being replaced', async () => {
    const ticketStore = new MemoryTicketStore();
    const { scene } = await stage.restart({ ticketStore });
    // Without a background it learns of the other one's refresh only when its own request is rejected.
    const quiet = await stage.join({ ticketStore, backgroundRefresh: false });
    await quiet.tickets.getCredentials();
    await passTime(scene, 20 * MINUTE, 10 * SECOND);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', orderNo: 'bad1', kind: 'code', code: '400101' });
    await expect(quiet.ocr.query('bad1')).rejects.toMatchObject({ vendorCode: '400101', retryable: false });
    // No refresh was forced: the newer generation was there. That code starts none now; a dead ticket does.
    await expect(quiet.ocr.query('bad1')).rejects.toMatchObject({ vendorCode: '400101' });
    expect(sandbox.calls.accessToken).toBe(2);
    sandbox.killCredentials();
    await expect(quiet.ocr.query('order1')).resolves.toBeDefined();
    expect(sandbox.calls.accessToken).toBe(3);
  });
});

/**
 * The shared file, of which changes are seen by polling only: by the clock, while a watch reports when the machine likes, and
 * decides by that who is the first to notice a loss.
 */
function unwatchedStore(): FileTicketStore {
  const files = { ...stage.disk.files, watch: () => () => undefined };
  return new FileTicketStore({ directory: stage.directory, appId: sandbox.appId, timeoutMs: 300_000 }, files);
}

describe('several that share a file', () => {
  it('adopt what a newcomer fetched after the file was deleted', async () => {
    const { tickets, scene } = await stage.restart();
    await tickets.refresh();
    // At once: while it is taken apart file by file, somebody could put back what is gone already.
    await rename(stage.directory, `${stage.directory}.gone`);
    await rm(`${stage.directory}.gone`, { recursive: true });
    clock.advance(SECOND);
    const newcomer = await stage.join();
    const all = { ...scene, tickets: [tickets, newcomer.tickets] };
    await atRest(all);
    await passTime(all, 10 * SECOND, SECOND);
    // Time has passed, but the disk answers in its own time.
    await eventually(() => tickets.status().generationId === newcomer.tickets.status().generationId);
    // None of its own, when what was deleted has been put back before it came.
    expect(sandbox.calls.accessToken).toBeGreaterThanOrEqual(2);
    expect(sandbox.calls.accessToken).toBeLessThanOrEqual(3);
    expect(tickets.status().generation).toBe(sandbox.calls.accessToken);
  });

  it('notice a second ticket of the same token, which ends the first', async () => {
    const { ocr, tickets, scene } = await stage.restart({ ticketStore: unwatchedStore() });
    const bystander = await stage.join({ ticketStore: unwatchedStore() });
    await bystander.tickets.getCredentials();
    await atRest({ ...scene, tickets: [tickets, bystander.tickets] });
    // The newest record is lost; the one before it has the token, which waits for its ticket.
    const folder = join(stage.directory, (await readdir(stage.directory))[0]!);
    const newest = (await readdir(folder))
      .filter((name) => name.startsWith('record.'))
      .sort()
      .at(-1)!;
    await rm(join(folder, newest));
    // Less than a poll: none of those that hold the first ticket has put it back yet.
    clock.advance(SECOND);
    const newcomer = await stage.join();
    const all = { ...scene, tickets: [tickets, bystander.tickets, newcomer.tickets] };
    await atRest(all);
    const { generationId } = newcomer.tickets.status();
    expect(sandbox.calls.signTicket).toBe(2);
    expect(tickets.status().generationId).not.toBe(generationId);
    await passTime(all, 10 * SECOND, SECOND);
    for (const one of all.tickets) expect(one.status().generationId).toBe(generationId);
    await passTime(all, 2 * MINUTE, 5 * SECOND, async () => {
      await Promise.all([ocr, bystander.ocr, newcomer.ocr].map((service) => service.query('order1')));
    });
    expect(sandbox.calls).toMatchObject({ accessToken: 1, signTicket: 2 });
    expect(sandbox.rejected).toBe(0);
  });

  it('are not disturbed by one that still has the old secret', async () => {
    const old = sandbox.secret;
    sandbox.changeSecret();
    const { ocr, tickets, scene } = await stage.restart();
    const outdated = await stage.join({ secret: old });
    const all = { ...scene, tickets: [tickets, outdated.tickets] };
    await atRest(all);
    await passTime(all, 5 * MINUTE, 5 * SECOND, async () => void (await ocr.query('order1')));
    await expect(outdated.tickets.getCredentials()).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    const newcomer = await stage.join();
    await newcomer.ocr.query('order1');
    expect(newcomer.tickets.status()).toMatchObject({ generation: 1 });
    expect(sandbox.rejected).toBe(0);
  });
});
