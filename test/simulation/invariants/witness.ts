import type { Instance, InstanceObserver, QueryOutcome } from '../fleet/instance.js';
import type { RefreshPoint } from '../faults/fault.js';
import type { Kernel } from '../kernel/kernel.js';
import type { SimulatedProcess } from '../kernel/process.js';
import type { TicketEvent, TicketRecord } from '../library.js';
import type { StoreObserver } from '../stores/store-observer.js';
import { clockTime, type Story } from '../story.js';
import { type Exchange, FOREIGN, type Ticket, type Token, type Vendor } from '../vendor/vendor.js';
import type { Endpoint, VendorObserver } from '../vendor/vendor-network.js';
import { Effects } from './effects.js';

/** An invariant that did not hold. */
export interface Violation {
  /** Which one, e.g. `S5-regress`. */
  readonly rule: string;
  readonly at: number;
  readonly text: string;
}

/** What a witness has to know of the run. */
export interface WitnessedWorld {
  readonly kernel: Kernel;
  readonly vendor: () => Vendor;
  readonly story: Story;
  readonly intervalMs: number;
  readonly leaseTtlMs: number;
  readonly store: 'redis' | 'file';
  /** The instance that runs as this process, if it still does. */
  instanceOf(process: string): Instance | undefined;
  /** All that run. */
  instances(): readonly Instance[];
  /** Some process has reached a point of a refresh. */
  reached(point: RefreshPoint, process: string): void;
}

interface Call {
  readonly process: SimulatedProcess;
  readonly endpoint: Endpoint;
  readonly sentAt: number;
  /** Of the refresh that it belongs to: how that began, and what was stored then. */
  readonly why: Extract<TicketEvent, { type: 'refresh-started' }> | undefined;
  readonly seen: TicketRecord | undefined;
  /** What the vendor gave for it. */
  ticket?: Ticket;
}

/** Store clocks, wall clocks and machines that sleep: ages are in doubt after these. */
const CLOCK_FAULTS = ['suspend', 'wall clock', 'store clock'];
/** After these the store knows less than it did. */
const LOSSES_OF_THE_LEASE = ['store emptied', 'store rolled back', 'lease lost'];
const LOSSES = [...LOSSES_OF_THE_LEASE, 'record damaged'];
/** What ends credentials from outside. */
const ENDS_FROM_OUTSIDE = ['foreign refresh', 'early death', 'secret changed'];

/**
 * Sees everything that happens in a run, with the true time, and tells when an invariant is broken. The rules are those of
 * README.md.
 */
export class Witness implements VendorObserver, StoreObserver, InstanceObserver {
  readonly violations: Violation[] = [];
  readonly effects = new Effects();
  readonly counts = {
    queries: 0,
    failedQueries: 0,
    tokens: 0,
    tickets: 0,
    storeOperations: 0,
    rejections: 0,
    /** The most of these at any time. */
    mostAuthCalls: 0,
    mostStoreOperations: 0,
    mostTimers: 0,
  };
  readonly #calls = new Map<object, Call>();
  /** Also those that have ended: one that was given up may be carried out all the same, seconds later. */
  readonly #sentCalls = new WeakMap<object, Call>();
  /** When each of them was asked for. */
  readonly #askedAt = new WeakMap<Token | Ticket, number>();
  readonly #authCalls = new Set<Call>();
  readonly #authCallMoments: number[] = [];
  readonly #ticketsById = new Map<string, Ticket>();
  readonly #started = new Map<string, Extract<TicketEvent, { type: 'refresh-started' }>>();
  readonly #recordAtLease = new Map<string, TicketRecord | undefined>();
  readonly #refusedTokens = new Set<Token>();
  /** When each ticket was rejected first. */
  readonly #rejectedSince = new Map<Ticket, number>();
  /** Those whose requests were carried out when nobody waited for them any more. */
  readonly #lateTokens = new WeakSet<Token>();
  /** Those that have been in the store. */
  readonly #everStored = new WeakSet<Token | Ticket>();
  /** The newest ticket that each instance has used. */
  readonly #used = new Map<string, Ticket>();
  readonly #numbers = new Map<string, number>();
  readonly #refreshingSince = new Map<string, number>();
  /** When the store last did not take what each process had: it failed, or another refresh had come first. */
  readonly #refusedAt = new Map<string, number>();
  #lastWriter: string | undefined;
  readonly #operations = new Map<string, { windowAt: number; count: number }>();
  readonly #foreignReports: number[] = [];
  #record: TicketRecord | undefined;
  /** When a record was last written with a mark in it. */
  #markedAt = Number.NEGATIVE_INFINITY;
  /** The newest ticket in the store, and since when. */
  #stored: { readonly ticket: Ticket; readonly at: number }[] = [];
  #lastForced: { readonly token: Token } | undefined;
  /** The newest ticket that a process of ours was given. */
  #newest: Ticket | undefined;
  /** The last token response that could not be read. */
  #unreadable: { readonly by: string; readonly at: number } | undefined;
  /** When the request for the newest token was sent. */
  #tokenSentAt: number | undefined;

  constructor(private readonly world: WitnessedWorld) {}

  // ---- what happens at the vendor

  sent(process: SimulatedProcess, endpoint: Endpoint, key: object): void {
    const { kernel } = this.world;
    const { name } = process;
    const call = {
      process,
      endpoint,
      sentAt: kernel.now,
      why: this.#started.get(name),
      seen: this.#recordAtLease.get(name),
    };
    this.#calls.set(key, call);
    this.#sentCalls.set(key, call);
    this.#note(`${process.name} sends ${endpoint}`);
    if (endpoint === 'query') return;
    this.#tell(`${process.name} asks the vendor for a ${endpoint}`);
    this.#checkOneAtATime(call);
    this.#authCalls.add(call);
    this.#checkAuthRate();
    const instance = this.world.instanceOf(process.name);
    if (instance?.settings.role === 'reader')
      this.#violated('S9-reader', `${process.name} is a reader and asks for a ${endpoint}`);
    if (endpoint === 'token') {
      this.#checkPendingKept(process);
      this.#checkUnreadable(process);
    }
    this.world.reached(endpoint === 'token' ? 'token sent' : 'ticket sent', process.name);
  }

  carriedOut(process: SimulatedProcess, exchange: Exchange, key: object): void {
    const call = this.#calls.get(key);
    this.#note(`vendor carries out ${exchange.kind} of ${process.name}: ${exchange.code}`);
    if (exchange.kind === 'query') this.#queryCarriedOut(process, exchange, this.#sentCalls.get(key));
    else if (exchange.kind === 'token') {
      if (!exchange.token) this.#tell(`the vendor refuses ${process.name} a token: ${exchange.code}`);
      else {
        if (!call) this.#lateTokens.add(exchange.token);
        this.#tokenIssued(process, exchange.token, this.#sentCalls.get(key));
      }
    } else {
      if (exchange.ticket) {
        this.counts.tickets += 1;
        if (call) call.ticket = exchange.ticket;
        this.#askedAt.set(exchange.ticket, this.#sentCalls.get(key)?.sentAt ?? this.world.kernel.now);
        this.#tell(
          `the vendor issues ticket ${exchange.ticket.number} of token ${exchange.ticket.token.number} to ${process.name}`,
        );
      } else {
        this.#tell(`the vendor refuses ${process.name} a ticket: ${exchange.code}`);
        if (exchange.of) this.#refusedTokens.add(exchange.of);
      }
      this.#checkSecret(process, exchange.of, 'asks for a ticket');
    }
    if (exchange.kind !== 'query')
      this.world.reached(exchange.kind === 'token' ? 'token carried out' : 'ticket carried out', process.name);
  }

  ended(process: SimulatedProcess, endpoint: Endpoint, key: object, outcome: string): void {
    const call = this.#calls.get(key);
    this.#calls.delete(key);
    this.#note(`${endpoint} of ${process.name} ends: ${outcome}`);
    if (endpoint === 'query' || !call) return;
    this.#authCalls.delete(call);
    if (outcome === 'answered' && call.ticket && (!this.#newest || isOlder(this.#newest, call.ticket))) {
      this.#newest = call.ticket;
    }
    this.#tell(`${process.name}: its ${endpoint} request ends: ${outcome}`);
    if (outcome === 'unreadable' && endpoint === 'token')
      this.#unreadable = { by: process.name, at: this.world.kernel.now };
    if (outcome === 'answered')
      this.world.reached(endpoint === 'token' ? 'token answered' : 'ticket answered', process.name);
  }

  /** Nothing of a process that was killed is in flight any more. */
  killed(process: SimulatedProcess): void {
    for (const [key, call] of this.#calls) {
      if (call.process !== process) continue;
      this.#calls.delete(key);
      this.#authCalls.delete(call);
    }
    this.#refreshingSince.delete(process.name);
  }

  // ---- what happens in the store

  operation(by: string): void {
    this.counts.storeOperations += 1;
    const { now } = this.world.kernel;
    const window = this.#operations.get(by);
    this.counts.mostStoreOperations = Math.max(this.counts.mostStoreOperations, window?.count ?? 0);
    if (!window || now - window.windowAt >= STORE_WINDOW_MS) this.#operations.set(by, { windowAt: now, count: 1 });
    // A lease lasts on by as much as the clock of its store is set back, and is waited for.
    else if ((window.count += 1) === MOST_STORE_OPERATIONS && !this.effects.anyOf(['store clock'], 0, now)) {
      this.#violated(
        'S7-store',
        `${by} has used the store ${window.count} times in ${Math.round((now - window.windowAt) / 1_000)} s`,
      );
    }
  }

  asksForItsOwnLease(by: string): void {
    const { now } = this.world.kernel;
    // It may not know that it has it.
    if (this.effects.touched(slotOf(by), now - GRACE_MS, now)) return;
    this.#violated(
      'S1-self',
      `${by} asks for the lease that it has: two refreshes of one process run at the same time`,
    );
  }

  leaseTaken(by: string): void {
    this.#tell(`${by} takes the lease`);
    this.#recordAtLease.set(by, this.#record);
    this.world.reached('lease taken', by);
  }

  leaseReleased(by: string): void {
    this.#tell(`${by} gives the lease back`);
  }

  recordWritten(by: string, beforeText: string | undefined, afterText: string | undefined): void {
    const before = parse(beforeText);
    const after = parse(afterText);
    this.#record = after;
    if (after?.unanswered) this.#markedAt = this.world.kernel.now;
    if (after) {
      this.#tell(`${by} writes ${describe(after, this.world.vendor())}`);
      this.#checkStored(by, before, after);
    }
    this.world.reached('record written', by);
  }

  /** The store has changed without anybody's doing. */
  storeChanged(text: string | undefined): void {
    this.#record = parse(text);
    const ticket = this.#record?.current && this.world.vendor().ticketOf(this.#record.current.signTicket);
    this.#stored = ticket ? [{ ticket, at: this.world.kernel.now }] : [];
  }

  // ---- what happens in the instances

  started(instance: Instance): void {
    this.#note(`${instance.name} has started`);
  }

  exited(instance: Instance, reason: string): void {
    this.#tell(`${instance.name} ends: ${reason}`);
  }

  event(instance: Instance, event: TicketEvent): void {
    const { name } = instance;
    this.#note(`${name}: ${event.type}`);
    if (event.type === 'credentials-updated') this.#adopted(instance, event);
    else if (event.type === 'refresh-started') {
      this.#started.set(name, event);
      this.#tell(
        `${name} begins a refresh: ${event.reason}${event.forced ? ', forced' : ''}, attempt ${event.attempt}`,
      );
    } else if (event.type === 'refresh-failed') {
      const held = this.#heldBy(instance);
      // It has ended without having written what it brought: that is written later, by a sync.
      if (held && !this.#everStored.has(held)) this.#refusedAt.set(name, this.world.kernel.now);
      this.#tell(
        `${name}: the refresh fails (${event.error.code} ${event.error.vendorCode ?? ''}), next in ${event.retryInMs} ms`,
      );
    } else if (event.type === 'foreign-refresh-suspected') this.#foreignSuspected(instance, event);
    else if (event.type === 'refresh-conflict') {
      this.#refusedAt.set(name, this.world.kernel.now);
      this.#tell(`${name} marks generation ${event.generation} as suspect`);
    } else if (event.type === 'store-restored') this.#restored(instance, event.generation);
    else if (event.type === 'store-failed') {
      if (event.operation === 'write') this.#refusedAt.set(name, this.world.kernel.now);
      if (!event.repeated) this.#tell(`${name}: the store fails to ${event.operation}`);
    }
  }

  queried(instance: Instance, outcome: QueryOutcome): void {
    const { kernel, vendor } = this.world;
    const { code, vendorCode, order, heldId, beganAt } = outcome;
    this.counts.queries += 1;
    this.#note(`${instance.name} query ${order}: ${code} ${vendorCode ?? ''}`);
    if (code === 'OK' || !order.startsWith('order')) return;
    this.counts.failedQueries += 1;
    this.#tell(`${instance.name}: a query fails with ${code} ${vendorCode ?? ''}`);
    const held = heldId === undefined ? undefined : this.#ticketsById.get(heldId);
    const isOfCredentials = code === 'NO_VALID_TICKET' || code === 'CREDENTIALS_REJECTED';
    if (isOfCredentials && held && vendor().isAlive(held, kernel.now)) {
      this.#violated(
        'S4-failed',
        `${instance.name}: a query fails with ${code} while ticket ${held.number}, which it holds, is alive`,
      );
    }
    // A reader has nothing before the first refresher has come.
    const mayLack = instance.settings.role === 'reader' && !this.#stored.some(({ at }) => at < beganAt);
    if (!mayLack && !this.#isTouched(instance, beganAt - GRACE_MS)) {
      this.#violated(
        'S3-failed',
        `${instance.name}: a query fails with ${code} ${vendorCode ?? ''} although no fault touches it`,
      );
    }
  }

  /** Looked at now and then: what should hold at any time. */
  look(): void {
    const { kernel, vendor, intervalMs } = this.world;
    const { now } = kernel;
    for (const instance of this.world.instances()) {
      this.#lookAtTimers(instance);
      this.#lookAtRefresh(instance);
    }
    const overSince = this.effects.overSince;
    if (overSince === undefined || now < overSince + SETTLE_MS || now < SETTLE_MS) return;
    const newest = this.#newest;
    const running = this.world
      .instances()
      .filter((one) => one.isReady && !one.isClosing && now - one.startedAt > 20_000);
    const background = running.filter(({ settings }) => settings.backgroundRefresh);
    const refreshers = running.filter(({ settings }) => settings.role === 'refresher');
    const byTimer = refreshers.some(({ settings }) => settings.backgroundRefresh);
    const fastest = Math.min(...refreshers.map(({ settings }) => settings.queryEveryMs));
    if (refreshers.length === 0 || (!byTimer && fastest > 60_000)) return;
    // Without a timer the refresh waits for a query; a query is not sure to come for a while.
    // A wall clock that is set back by more than its machine sleeps hides the sleep from both clocks of the process: what is
    // due is then late by the sleep, and nothing can show it.
    const hiddenMs = Math.min(
      ...refreshers.map(({ name }) => {
        const since = [newest?.issuedAt ?? 0, now, slotOf(name)] as const;
        return this.effects.anyOf(['wall clock'], ...since) ? this.effects.durationOf('suspend', ...since) : 0;
      }),
    );
    const slackMs = (byTimer ? OVERDUE_MS : OVERDUE_MS + 12 * fastest) + hiddenMs;
    if (!newest || now - newest.issuedAt > intervalMs + slackMs) {
      const age = newest ? Math.round((now - newest.issuedAt) / 1_000) : 'of no';
      this.#violated(
        'S6-overdue',
        `the newest ticket is ${age} s old, the interval ${intervalMs / 1_000} s, and nobody refreshes`,
      );
      return;
    }
    this.#checkAlive(newest);
    if (now - newest.issuedAt < NOTICE_MS) return;
    const stored = this.#record?.current && vendor().ticketOf(this.#record.current.signTicket);
    if (byTimer && stored !== newest) {
      this.#violated(
        'S6-store',
        `the store has ticket ${stored?.number ?? 'none'} and not ${newest.number}, long after the last fault`,
      );
    }
    for (const instance of background) {
      const held = this.#heldBy(instance);
      if (held !== newest) {
        this.#violated(
          'S6-newest',
          `${instance.name} uses ticket ${held?.number ?? 'none'} and not ${newest.number}, long after the last fault`,
        );
      }
    }
  }

  /** An instance has ended itself. */
  closed(instance: Instance, pendingTimers: number): void {
    if (pendingTimers > 0) this.#violated('S8-closed', `${instance.name} has closed and left ${pendingTimers} timers`);
  }

  /** Something that should not have been possible at all. */
  failed(rule: string, text: string): void {
    this.#violated(rule, text);
  }

  tellFault(text: string): void {
    this.#tell(`*** ${text}`);
  }

  // ---- the rules

  #checkOneAtATime(call: Call): void {
    const { kernel, leaseTtlMs } = this.world;
    for (const other of this.#authCalls) {
      if (other.process === call.process || !other.process.isAlive) continue;
      const slot = slotOf(other.process.name);
      // A holder that was stopped, or whose lease the store has lost, may still be waiting for its answer.
      if (other.process.standsStill) continue;
      const since = other.sentAt - 2 * leaseTtlMs;
      if (this.effects.anyOf(['stop', 'suspend'], since, kernel.now, slot)) continue;
      if (this.effects.anyOf(['lease lost', 'store rolled back', 'store clock'], since - 10_000, kernel.now)) continue;
      this.#violated(
        'S1-two',
        `${call.process.name} asks for a ${call.endpoint} while ${other.process.name} waits for a ${other.endpoint}`,
      );
    }
  }

  #checkAuthRate(): void {
    const { now } = this.world.kernel;
    this.#authCallMoments.push(now);
    while ((this.#authCallMoments[0] ?? now) < now - 60_000) this.#authCallMoments.shift();
    this.counts.mostAuthCalls = Math.max(this.counts.mostAuthCalls, this.#authCallMoments.length);
    // Those that still have the old secret cannot tell each other of a refusal: each asks for itself.
    if (this.effects.anyOf(['secret changed'], now - 60_000, now)) return;
    if (this.#authCallMoments.length === MOST_AUTH_CALLS) {
      this.#violated('S7-auth', `${MOST_AUTH_CALLS} auth calls within a minute`);
    }
  }

  #checkPendingKept({ name }: SimulatedProcess): void {
    const { kernel, vendor } = this.world;
    const pending = this.#recordAtLease.get(name)?.pending;
    const token = pending && vendor().tokenOf(pending.accessToken);
    if (!token || !vendor().isAlive(token, kernel.now) || this.#refusedTokens.has(token)) return;
    // Of no use to whoever has another secret.
    if (token.secret !== this.world.instanceOf(name)?.settings.secret) return;
    // Its age counts from when it was asked for.
    const since = this.#askedAt.get(token) ?? token.issuedAt;
    if (this.effects.anyOf([...CLOCK_FAULTS, ...LOSSES], since, kernel.now)) return;
    this.#violated(
      'S2-pending',
      `${name} asks for a token although token ${token.number} waits for its ticket and is alive`,
    );
  }

  /** A token response that cannot be read has given a token: another one an overlap later at the earliest. */
  #checkUnreadable({ name }: SimulatedProcess): void {
    const { kernel, vendor } = this.world;
    const last = this.#unreadable;
    if (!last || kernel.now - last.at >= vendor().rules.overlapMs - TIMER_MS) return;
    // The others know by the store; the process itself knows whatever befalls the store.
    const others = this.effects.all.some(({ fault: { kind }, beganAt, endedAt }) => {
      const isOver = (endedAt ?? kernel.now) < last.at - GRACE_MS;
      return !['garbage', 'answers lost'].includes(kind) && beganAt <= kernel.now && !isOver;
    });
    if (name !== last.by && others) return;
    const seconds = Math.round((kernel.now - last.at) / 1_000);
    this.#violated(
      'S2-unreadable',
      `${name} asks for a token ${seconds} s after ${last.by} was given one that it could not read`,
    );
  }

  #tokenIssued(process: SimulatedProcess, token: Token, call: Call | undefined): void {
    const { vendor, intervalMs } = this.world;
    const { name } = process;
    this.counts.tokens += 1;
    this.#tell(`the vendor issues token ${token.number} to ${name}`);
    const at = token.issuedAt;
    const sentAt = call?.sentAt ?? at;
    this.#askedAt.set(token, sentAt);
    // A request that was carried out late was no less due for that: it is judged by what there was when it was sent. That
    // requests of two refreshes are not under way together is for S1-two.
    const previous = vendor().tokens.findLast(({ issuedAt, number }) => number < token.number && issuedAt <= sentAt);
    const why = call?.why;
    const age = previous ? sentAt - previous.issuedAt : Number.POSITIVE_INFINITY;
    const seen = call?.seen;
    const isRecovery = !seen?.current || seen.pending !== undefined || seen.unanswered !== undefined || !previous;
    // One whose answer nobody has stored: it was lost, or came when nobody waited for it any more.
    const isUnheardOf = previous !== undefined && !this.#everStored.has(previous);
    // A clock that is set back leaves a record that is being written in the future; a loss may fall into a refresh.
    const inDoubt =
      this.effects.anyOf(ENDS_FROM_OUTSIDE, previous?.issuedAt ?? 0, at) ||
      this.effects.anyOf([...CLOCK_FAULTS, ...LOSSES], (previous?.issuedAt ?? 0) - GRACE_MS, at);
    // However short the life is that the vendor tells of, a generation is kept for an overlap.
    const isBrief = this.effects.anyOf(['brief lives'], (previous?.issuedAt ?? 0) - GRACE_MS, at);
    const { rules } = vendor();
    const dueMs = isBrief ? rules.overlapMs : dueAfter(intervalMs, rules);
    if (!why?.forced && !isRecovery && !isUnheardOf && !inDoubt && age < dueMs - EARLY_MS) {
      this.#violated(
        'S2-early',
        `token ${token.number} comes ${Math.round(age / 1_000)} s after the one before, and nothing asks for it`,
      );
    }
    this.#checkPunctual(why, sentAt);
    if (!why?.forced) return;
    const last = this.#lastForced;
    this.#lastForced = { token };
    const { overlapMs } = vendor().rules;
    if (!last || at - last.token.issuedAt >= overlapMs - EARLY_MS) return;
    if (this.effects.anyOf([...CLOCK_FAULTS, ...LOSSES, 'secret changed'], last.token.issuedAt - 10_000, at)) return;
    this.#violated('S2-forced', `two forced refreshes ${Math.round((at - last.token.issuedAt) / 1_000)} s apart`);
  }

  /** While nothing is wrong, the timer brings a refresh before the interval is over: jitter goes to the early side. */
  #checkPunctual(why: { readonly reason: string; readonly attempt: number } | undefined, sentAt: number): void {
    const { kernel, vendor, intervalMs } = this.world;
    const last = this.#tokenSentAt;
    this.#tokenSentAt = Math.max(last ?? sentAt, sentAt);
    if (last === undefined || why?.reason !== 'due' || why.attempt > 1) return;
    const lateMs = sentAt - last - dueAfter(intervalMs, vendor().rules);
    if (lateMs < LATE_MS || this.effects.all.some(({ endedAt }) => (endedAt ?? kernel.now) > last - GRACE_MS)) return;
    const isByTimer = this.world.instances().some(({ settings, startedAt, isReady, isClosing }) => {
      const isThere = isReady && !isClosing && startedAt < last;
      return isThere && settings.backgroundRefresh && settings.role === 'refresher';
    });
    if (isByTimer) this.#violated('S2-late', `a refresh begins ${Math.round(lateMs)} ms later than it is due`);
  }

  #queryCarriedOut(
    process: SimulatedProcess,
    exchange: Extract<Exchange, { kind: 'query' }>,
    call: Call | undefined,
  ): void {
    const { kernel, vendor } = this.world;
    const { now } = kernel;
    const { signedWith, code } = exchange;
    const instance = this.world.instanceOf(process.name);
    if (!signedWith || !instance) return;
    const sentAt = call?.sentAt ?? now;
    this.#checkSecret(process, signedWith.token, 'queries');
    if (
      sentAt > signedWith.expiresAt &&
      !this.effects.anyOf(['suspend'], signedWith.issuedAt, now, slotOf(process.name))
    ) {
      this.#violated('S5-beyond', `${process.name} uses ticket ${signedWith.number} beyond its end`);
    }
    const isUntouched = !this.#isTouched(instance, sentAt - GRACE_MS);
    if (!vendor().isAlive(signedWith, now) && code !== '0') {
      this.counts.rejections += 1;
      this.#tell(`the vendor rejects a query of ${process.name}: ticket ${signedWith.number} is dead (${code})`);
      if (isUntouched && !this.#isEndedFromOutside(signedWith))
        this.#violated('S3-rejected', `a query of ${process.name} is rejected although no fault touches it`);
      this.#expectForeignReport(signedWith);
    }
    const expected = this.#stored.findLast(({ at }) => at < sentAt - NOTICE_MS)?.ticket;
    if (!expected || !isOlder(signedWith, expected) || this.#hasJustNoticed(instance, expected)) return;
    if (isUntouched && now - instance.startedAt > NOTICE_MS) {
      this.#violated(
        'S3-notice',
        `${process.name} uses ticket ${signedWith.number} although ${expected.number} has been in the store for more than ${NOTICE_MS / 1_000} s`,
      );
    }
  }

  /** Without a background refresh the first query in a while reads the store; those beside it do not wait for that. */
  #hasJustNoticed(instance: Instance, ticket: Ticket): boolean {
    const held = instance.settings.backgroundRefresh ? undefined : this.#heldBy(instance);
    return held !== undefined && !isOlder(held, ticket);
  }

  /**
   * What ends credentials from outside shows when the next query is rejected, however long after the fault that is: of a
   * single instance that is hardly used, for one. From then on they are known to be dead.
   */
  #isEndedFromOutside(ticket: Ticket): boolean {
    const { now } = this.world.kernel;
    const since = this.#rejectedSince.get(ticket) ?? now;
    this.#rejectedSince.set(ticket, since);
    return now - since < NOTICE_MS && this.effects.anyOf(ENDS_FROM_OUTSIDE, ticket.issuedAt, now);
  }

  /** What a refresh of ours has ended is known to be dying, and replaced, whether anyone queries or not. */
  #checkAlive(newest: Ticket): void {
    const { kernel, vendor } = this.world;
    const { tokens } = vendor();
    const { token, issuedAt, diesAt } = newest;
    if (kernel.now < diesAt + OVERDUE_MS) return;
    const next = tokens[token.number];
    // It was dead before: a late request for a ticket had been carried out.
    if (!next || next.by === FOREIGN || this.#lateTokens.has(next) || next.issuedAt > diesAt) return;
    if (this.effects.anyOf(ENDS_FROM_OUTSIDE, issuedAt, kernel.now)) return;
    this.#violated(
      'S6-invalid',
      `ticket ${newest.number} is invalid since token ${next.number} came, and nobody refreshes`,
    );
  }

  #checkSecret(process: SimulatedProcess, token: Token | undefined, does: string): void {
    const secret = this.world.instanceOf(process.name)?.settings.secret;
    if (token && secret !== undefined && token.secret !== secret && token.by !== FOREIGN) {
      this.#violated('S9-secret', `${process.name} ${does} with what another secret had made`);
    }
  }

  /** By the wall clock of the machine, on which files are dated; what was set since is another matter. */
  #checkAge(by: string, token: Token, { tokenRequestedAtMs }: { readonly tokenRequestedAtMs: number }): void {
    const { kernel, store } = this.world;
    const { now } = kernel;
    const writer = this.world.instanceOf(by)?.process;
    const askedAt = this.#askedAt.get(token) ?? token.issuedAt;
    if (store !== 'file' || !writer || this.effects.anyOf(['wall clock'], askedAt, now)) return;
    const youngerMs = now - askedAt - (writer.machine.wall() - tokenRequestedAtMs);
    if (youngerMs > UNCERTAIN_MS) {
      this.#violated('S5-younger', `${by} stores token ${token.number} as ${youngerMs / 1_000} s younger than it is`);
    }
  }

  #checkStored(by: string, before: TicketRecord | undefined, after: TicketRecord): void {
    const { kernel, vendor } = this.world;
    const { current, pending } = after;
    const writerBefore = this.#lastWriter ?? by;
    this.#lastWriter = by;
    for (const one of [current, pending]) {
      const token = one && vendor().tokenOf(one.accessToken);
      if (token) this.#everStored.add(token);
    }
    if (!current) return;
    const ticket = vendor().ticketOf(current.signTicket);
    if (!ticket || ticket.token.value !== current.accessToken) {
      this.#violated('S5-mixed', `${by} stores a token and a ticket that do not belong together`);
      return;
    }
    this.#ticketsById.set(current.id, ticket);
    if (before?.current?.id === current.id) return;
    this.#checkAge(by, ticket.token, current);
    const old = before?.current && vendor().ticketOf(before.current.signTicket);
    if (old && isOlder(ticket, old)) {
      this.#judgeOlder('S5-regress', `${by} stores ticket ${ticket.number} over ticket ${old.number}`, ticket, old);
    } else if (before?.current && before.current.number > current.number) {
      this.#violated('S5-number', `${by} stores generation ${current.number} over generation ${before.current.number}`);
    }
    // Another refresh had come first: it was refused, and is written after all.
    if (!this.#everStored.has(ticket) && writerBefore !== by) this.#refusedAt.set(by, kernel.now);
    this.#everStored.add(ticket);
    this.#stored.push({ ticket, at: kernel.now });
    if (this.#stored.length > 8) this.#stored.shift();
    kernel.after(NOTICE_MS, () => this.#checkNoticed(ticket));
  }

  #checkNoticed(ticket: Ticket): void {
    const { kernel } = this.world;
    for (const instance of this.world.instances()) {
      const { settings, isReady, isClosing, startedAt } = instance;
      if (!settings.backgroundRefresh || !isReady || isClosing || kernel.now - startedAt < 2 * NOTICE_MS) continue;
      if (this.#isTouched(instance, kernel.now - NOTICE_MS - GRACE_MS)) continue;
      const held = this.#heldBy(instance);
      if (!held || isOlder(held, ticket)) {
        this.#violated(
          'S3-notice',
          `${instance.name} still uses ticket ${held?.number ?? 'none'}, ${NOTICE_MS / 1_000} s after ticket ${ticket.number} was stored`,
        );
      }
    }
  }

  #adopted(instance: Instance, event: Extract<TicketEvent, { type: 'credentials-updated' }>): void {
    const { vendor } = this.world;
    const { name } = instance;
    const credentials = instance.tickets?.peek();
    const ticket = credentials && vendor().ticketOf(credentials.signTicket.reveal());
    if (event.source === 'refresh')
      this.#tell(`${name} uses generation ${event.generation}, ticket ${ticket?.number ?? '?'}`);
    else this.#tell(`${name} takes over generation ${event.generation}, ticket ${ticket?.number ?? '?'}`);
    const last = this.#numbers.get(name);
    this.#numbers.set(name, event.generation);
    if (last !== undefined && event.generation <= last) {
      this.#violated('S5-number', `${name} goes back from generation ${last} to ${event.generation}`);
    }
    if (!credentials) return;
    if (!ticket || ticket.token.value !== credentials.accessToken.reveal()) {
      this.#violated('S5-mixed', `${name} uses a token and a ticket that do not belong together`);
      return;
    }
    this.#ticketsById.set(event.generationId, ticket);
    const used = this.#used.get(name);
    if (used && isOlder(ticket, used)) {
      const text = `${name} gives ticket ${used.number} up for the older ticket ${ticket.number}`;
      this.#judgeOlder('S5-back', text, ticket, used);
    }
    this.#used.set(name, ticket);
  }

  /**
   * Nobody can tell in which order the vendor has carried out two requests that were under way at the same time, for two
   * tokens or for two tickets of one token: when the store had lost the lease of one process, and with it, or before the
   * record was written, all else by which that could be known. The order in which they were sent decides then, and a mark
   * sees to it that one refresh more follows: whoever gets the response that comes last finds what the other one has stored.
   */
  #judgeOlder(rule: string, text: string, older: Ticket, newer: Ticket): void {
    const { kernel } = this.world;
    const since = kernel.now;
    if (!this.#isOutOfOrder(older, newer)) this.#violated(rule, text);
    else if (this.#record?.unanswered === undefined) {
      kernel.after(NOTICE_MS, () => {
        if (this.#markedAt < since) this.#violated(rule, text);
      });
    }
  }

  #isOutOfOrder(older: Ticket, newer: Ticket): boolean {
    const askedAt = (one: Token | Ticket): number => this.#askedAt.get(one) ?? one.issuedAt;
    const [early, late] = older.token === newer.token ? [older, newer] : [older.token, newer.token];
    const isLeaseLost = this.effects.anyOf(LOSSES_OF_THE_LEASE, askedAt(late) - GRACE_MS, this.world.kernel.now);
    return isLeaseLost && askedAt(early) > askedAt(late);
  }

  /** A loss is told of only when the store has lost something, or has not taken what it was given. */
  #restored(instance: Instance, generation: number): void {
    const { now } = this.world.kernel;
    const { name } = instance;
    this.#tell(`${name} writes generation ${generation} back`);
    const ticket = this.#heldBy(instance);
    const since = ticket ? (this.#askedAt.get(ticket.token) ?? ticket.token.issuedAt) : 0;
    const isRefused = (this.#refusedAt.get(name) ?? Number.NEGATIVE_INFINITY) >= since;
    if (isRefused || this.effects.anyOf(LOSSES, since, now)) return;
    this.#violated('S5-restored', `${name} tells that the store had lost ticket ${ticket?.number}, and it had not`);
  }

  #foreignSuspected(instance: Instance, event: Extract<TicketEvent, { type: 'foreign-refresh-suspected' }>): void {
    const { now } = this.world.kernel;
    this.#foreignReports.push(now);
    this.#tell(`${instance.name} suspects a foreign refresh of generation ${event.generation}`);
    if (this.effects.anyOf(ENDS_FROM_OUTSIDE, 0, now)) return;
    this.#violated('F-false', `${instance.name} suspects a foreign refresh, and there was none`);
  }

  /** Credentials that a foreign program has ended were rejected: somebody reports it within a period. */
  #expectForeignReport(dead: Ticket): void {
    const { kernel, vendor, intervalMs } = this.world;
    const foreign = this.effects.all.findLast(({ fault }) => fault.kind === 'foreign refresh');
    if (!foreign || this.effects.all.length > 1) return;
    // Dead by the foreign refresh, and nothing else.
    if (Math.abs(dead.diesAt - foreign.beganAt - vendor().rules.overlapMs) > 1_000) return;
    kernel.after(intervalMs, () => {
      if (this.#foreignReports.some((at) => at >= foreign.beganAt)) return;
      this.#violated('F-missed', `nobody reports the foreign refresh at ${clockTime(foreign.beganAt)}`);
    });
  }

  /** Each that refreshes without the store ends what the others have got: the choice of who set it up so. */
  #lookAtTimers({ process, queriesInFlight, name }: Instance): void {
    const most = MOST_TIMERS + 3 * queriesInFlight;
    this.counts.mostTimers = Math.max(this.counts.mostTimers, process.pendingTimers - 3 * queriesInFlight);
    if (process.pendingTimers > most) this.#violated('S8-timers', `${name} has ${process.pendingTimers} timers`);
  }

  #lookAtRefresh(instance: Instance): void {
    const { now } = this.world.kernel;
    const { name, tickets, process } = instance;
    if (!tickets?.status().refreshing || process.standsStill) {
      this.#refreshingSince.delete(name);
      return;
    }
    const since = this.#refreshingSince.get(name) ?? now;
    this.#refreshingSince.set(name, since);
    if (now - since < STUCK_MS || this.#isTouched(instance, since)) return;
    this.#violated('S6-stuck', `a refresh of ${name} has been running for ${Math.round((now - since) / 1_000)} s`);
  }

  #heldBy(instance: Instance): Ticket | undefined {
    const value = instance.tickets?.peek()?.signTicket.reveal();
    return value === undefined ? undefined : this.world.vendor().ticketOf(value);
  }

  #isTouched({ name, settings }: Instance, from: number): boolean {
    const { now } = this.world.kernel;
    if (this.effects.touched(slotOf(name), from, now)) return true;
    // A reader lives by what refreshers store.
    if (settings.role === 'refresher') return false;
    const refreshers = this.world.instances().filter((other) => other.settings.role === 'refresher');
    const withTimer = refreshers.filter((other) => other.settings.backgroundRefresh);
    return !(withTimer.length > 0 ? withTimer : refreshers).some(({ name: other, isReady, isClosing }) => {
      return isReady && !isClosing && !this.effects.touched(slotOf(other), from, now);
    });
  }

  #violated(rule: string, text: string): void {
    const { now } = this.world.kernel;
    // The first of a kind says it all.
    if (this.violations.some((one) => one.rule === rule)) return;
    this.violations.push({ rule, at: now, text });
    this.#tell(`!!! ${rule}: ${text}`);
  }

  #tell(text: string): void {
    this.world.story.tell(this.world.kernel.now, text);
  }

  #note(text: string): void {
    this.world.story.note(this.world.kernel.now, text);
  }
}

/** A new generation is used within a sixth of the overlap of 60 s; the way through network and store on top. */
const NOTICE_MS = 10_000 + 1_500;
/** So long after a fault its effects may still be felt: an overlap, and the time to notice. */
const GRACE_MS = 90_000;
/** What the library allows for the age of a record, and a second for its way. */
const UNCERTAIN_MS = 4_000;
/** So long after the last fault everything is as it was before. */
const SETTLE_MS = 120_000;
const OVERDUE_MS = 15_000;
const STUCK_MS = 45_000;
/** What the way to the vendor takes, and jitter, which goes to the early side. */
const EARLY_MS = 7_000;
/** Timers are early by up to so much. */
const TIMER_MS = 2;
/** What lease, mark and the lag of a loop take. */
const LATE_MS = 600;
const MOST_AUTH_CALLS = 18;
const STORE_WINDOW_MS = 300_000;
/** Five a second while it waits for others; a hundred when nothing is wrong. */
const MOST_STORE_OPERATIONS = 1_500;
/**
 * While the store is slow: the schedule, end and next sign of the lease and the sign under way; an operation of the refresh
 * and one of a look, two each; announcements of its last three writes.
 */
const MOST_TIMERS = 12;

/** The slot of a process: its name without the number of its life. */
export function slotOf(process: string): string {
  return process.replace(/\d+$/, '');
}

/** A ticket dies with its token, so that of an older token is the older one, even when it was asked for later. */
function isOlder(one: Ticket, other: Ticket): boolean {
  return one.token.number < other.token.number || (one.token === other.token && one.number < other.number);
}

function dueAfter(intervalMs: number, { tokenLifeMs, ticketLifeMs, overlapMs }: Vendor['rules']): number {
  const lifeMs = Math.min(tokenLifeMs, ticketLifeMs);
  return Math.min(intervalMs, Math.max(lifeMs / 2, lifeMs - overlapMs));
}

function parse(text: string | undefined): TicketRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as TicketRecord;
  } catch {
    return undefined;
  }
}

function describe(
  { current, pending, unanswered, failed, rejectedId, revision }: TicketRecord,
  vendor: Vendor,
): string {
  const parts = [
    current && `ticket ${vendor.ticketOf(current.signTicket)?.number ?? '?'} as generation ${current.number}`,
    pending && `token ${vendor.tokenOf(pending.accessToken)?.number ?? '?'} without a ticket`,
    unanswered && 'a mark that a token is asked for or suspect',
    failed && `failure ${failed.attempts}`,
    rejectedId && 'the wish of a reader',
  ].filter(Boolean);
  return `record ${revision}: ${parts.join(', ') || 'nothing'}`;
}
