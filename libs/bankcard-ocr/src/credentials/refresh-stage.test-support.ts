import type { Random } from '../runtime/random.js';
import { ManualClock } from '../testing/manual-clock.js';
import { CredentialCache } from './credential-cache.js';
import type { CredentialContext } from './credential-context.js';
import type { RefreshRequest } from './refresh-plan.js';
import { Refresher } from './refresher.js';
import { ScriptedAuth } from './scripted-auth.test-support.js';
import { MemoryTicketStore } from './store/memory-ticket.store.js';
import { type TicketLease, TicketStore } from './store/ticket-store.js';
import type { TicketEvent } from './ticket-event.js';
import type { GenerationRecord, PendingToken, TicketRecord } from './ticket-record.js';
import { TicketRecordRepository } from './ticket-record-repository.js';
import { timingsFor } from './timings.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const TIMINGS = timingsFor(20 * MINUTE, MINUTE);

/** Node's timers fire up to a millisecond early, and late while the event loop is busy. */
export const TIMER_OFFSETS_MS = [-0.4, 0, 0.6];

export type StoreOperation = 'read' | 'write' | 'lease' | 'release';

/** A store in memory that processes of a spec share: what goes wrong with it is said beforehand. */
export class ScriptedStore extends TicketStore {
  readonly description = 'scripted:';
  readonly scope = 'machine';
  /** What fails. */
  readonly down = new Set<StoreOperation>();
  /** What is carried out without anybody hearing of it. */
  readonly unheard = new Set<StoreOperation>();
  /** What hangs. */
  readonly hanging = new Set<StoreOperation>();
  /** What was done, in words. */
  readonly done: string[] = [];
  /** Is called before each operation, e.g. to let another process be quicker. */
  before: (operation: StoreOperation) => void | Promise<void> = () => undefined;
  #memory = new MemoryTicketStore();
  #holder: { lost: AbortController; release: () => Promise<void> } | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly trace: string[] = []) {
    super();
  }

  /** What is stored, to look at. */
  stored(): Promise<TicketRecord | undefined> {
    return this.#memory.read();
  }

  /** Somebody else writes, or the store loses what it had, leases included. */
  async put(record: TicketRecord | undefined): Promise<void> {
    if (record === undefined) this.#memory = new MemoryTicketStore();
    else await this.#memory.compareAndSet(await this.#memory.read(), record);
  }

  /** Somebody else changes what is stored. */
  async change(change: Partial<TicketRecord>): Promise<void> {
    const record = (await this.stored())!;
    await this.put({ ...record, ...change, revision: record.revision + 1, writeId: `of-others-${record.revision}` });
  }

  /** Whoever holds the lease loses it, as a process that was stopped does. */
  async loseLease(): Promise<void> {
    this.#holder?.lost.abort(new Error('the lease is lost'));
    await this.#holder?.release();
  }

  /** What hung goes on. */
  goOn(): void {
    this.hanging.clear();
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  async read(): Promise<TicketRecord | undefined> {
    return this.#pass('read', () => this.#memory.read());
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    return this.#pass('write', async () => {
      const before = await this.#memory.read();
      const written = await this.#memory.compareAndSet(expected, next, lease);
      if (written) this.trace.push(`write ${inWords(before, next)}`);
      return written;
    });
  }

  async acquireLease(): Promise<TicketLease | undefined> {
    return this.#pass('lease', async () => {
      const lease = await this.#memory.acquireLease();
      if (!lease) return undefined;
      const lost = new AbortController();
      this.#holder = { lost, release: () => lease.release() };
      this.done.push('lease');
      return {
        id: lease.id,
        signal: lost.signal,
        throwIfLost: () => lost.signal.throwIfAborted(),
        release: () => {
          this.done.push('release');
          return this.#pass('release', () => lease.release());
        },
      };
    });
  }

  watch(listener: () => void): () => void {
    return this.#memory.watch(listener);
  }

  async close(): Promise<void> {
    await this.#memory.close();
  }

  async #pass<T>(operation: StoreOperation, carryOut: () => Promise<T>): Promise<T> {
    await this.before(operation);
    if (this.down.has(operation)) throw Object.assign(new Error('down'), { code: 'EIO' });
    if (this.hanging.has(operation)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const result = await carryOut();
    if (this.unheard.has(operation)) throw Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
    return result;
  }
}

/** What a write changes, in words. */
function inWords(before: TicketRecord | undefined, after: TicketRecord): string {
  const { current, pending, unanswered, failed, rejectedId } = after;
  const words = [
    current && current.id !== before?.current?.id && `generation ${current.number}`,
    current && current.id === before?.current?.id && current.number !== before.current.number && 'number',
    pending && pending.id !== before?.pending?.id && `token ${pending.number}`,
    unanswered && unanswered.by !== before?.unanswered?.by && 'mark',
    failed && failed.retryAtMs !== before?.failed?.retryAtMs && `pause of ${failed.pauseMs} ms`,
    rejectedId !== undefined && rejectedId !== before?.rejectedId && `wish to replace ${rejectedId}`,
  ].filter(Boolean);
  return words.length > 0 ? words.join(', ') : before?.unanswered && !unanswered ? 'no mark' : 'nothing';
}

/** A process of a spec, without timers of its own. */
export interface StagedProcess {
  readonly cache: CredentialCache;
  readonly refresher: Refresher;
  readonly events: TicketEvent[];
}

/** How something ended, and how long it took by the monotonic clock. */
export interface Ended {
  readonly thrown: unknown;
  readonly tookMs: number;
}

/** A vendor, a store and processes that share it, on a clock that is moved by hand. */
export class RefreshStage {
  readonly clock = new ManualClock();
  /** What the vendor was asked and what was written, in order. */
  readonly trace: string[] = [];
  readonly auth = new ScriptedAuth(this.clock);
  readonly store = new ScriptedStore(this.trace);
  readonly closing = new AbortController();
  #ids = 0;
  /** Ids that can be told apart, and no jitter. */
  readonly random: Random = {
    next: () => 0,
    id: () => `id-${(this.#ids += 1)}`,
    bytes: (count) => Buffer.alloc(count, (this.#ids += 1)),
  };

  constructor() {
    const { accessToken, apiTicket } = this.auth;
    this.auth.accessToken = (...args) => {
      this.trace.push('token');
      return accessToken.apply(this.auth, args);
    };
    this.auth.apiTicket = (request) => {
      this.trace.push(`ticket of ${request.accessToken}`);
      return apiTicket.call(this.auth, request);
    };
  }

  aProcess(options: Partial<CredentialContext> = {}): StagedProcess {
    const parts = this.parts(options);
    return { refresher: new Refresher(parts), cache: parts.cache, events: parts.events };
  }

  /** What the parts of a process share. */
  context(options: Partial<CredentialContext> = {}): CredentialContext & { readonly events: TicketEvent[] } {
    const { clock, random, store } = this;
    const events: TicketEvent[] = [];
    return {
      ...{ role: 'refresher', auth: this.auth.asClient, store, clock, storeClock: clock, random, timings: TIMINGS },
      ...{
        secretFingerprint: 'fingerprint',
        backgroundRefresh: false,
        observeRefresh: (_reason, refresh) => refresh(),
      },
      ...{ emit: (event: TicketEvent) => void events.push(event), events },
      ...options,
    };
  }

  /** What a {@link Refresher} needs. */
  parts(options: Partial<CredentialContext> = {}) {
    const context = this.context(options);
    return { ...context, cache: new CredentialCache(context), records: new TicketRecordRepository(context) };
  }

  /** Run a refresh to its end, however much time that takes. */
  run(process: StagedProcess, request: Partial<RefreshRequest> = {}): Promise<Ended> {
    return this.toEnd(process.refresher.run({ reason: 'due', attempt: 1, signal: this.closing.signal, ...request }));
  }

  /** Move the clock, timer by timer, until something has ended. */
  async toEnd(work: Promise<unknown>): Promise<Ended> {
    const beganAt = this.clock.monotonic();
    let ended: Ended | undefined;
    const end = (thrown: unknown) => void (ended = { thrown, tookMs: this.clock.monotonic() - beganAt });
    work.then(() => end(undefined), end);
    for (let steps = 0; !ended; steps += 1) {
      if (steps === 1_000) throw new Error('it does not end');
      await this.clock.advanceAsync(steps === 0 ? 0 : 250, 250);
    }
    return ended;
  }

  /** A generation that was asked for so long ago; 2 h of token, 1 h of ticket. */
  generation(number: number, ageMs = 0, change: Partial<GenerationRecord> = {}): GenerationRecord {
    const token = this.token(number, ageMs);
    const ticketRequestedAtMs = token.tokenRequestedAtMs;
    return {
      ...token,
      id: `generation-${number}`,
      signTicket: `stored-ticket-${number}`,
      ticketRequestedAtMs,
      ticketLifeMs: HOUR,
      ...change,
    };
  }

  /** A token that was asked for so long ago, and has no ticket. */
  token(number: number, ageMs = 0): PendingToken {
    const tokenRequestedAtMs = this.clock.now() - ageMs;
    return {
      ...{ number, id: `pending-${number}`, refreshId: `refresh-${number}` },
      ...{ accessToken: `stored-token-${number}`, tokenRequestedAtMs, tokenLifeMs: 2 * HOUR },
    };
  }

  record(change: Partial<TicketRecord> = {}): TicketRecord {
    return { format: 1, revision: 1, writeId: 'first', secretFingerprint: 'fingerprint', ...change };
  }
}
