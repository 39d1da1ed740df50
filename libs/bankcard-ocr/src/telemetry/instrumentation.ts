import type { TicketEvent } from '../credentials/ticket-event.js';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import type { Clock } from '../runtime/clock.js';
import type { ExchangeRecord, ExchangeStart } from '../vendor/http/vendor-http-client.js';

/** What an application asks the library to do, or what the library does on its own. */
export type OperationName = 'query' | 'download' | 'recognize' | 'refresh' | 'sdk_launch' | 'signed_request' | 'keep';

/** How an operation ended: `OK`, the code of its error, `ABORTED` by the caller, `OTHER` for what the application threw. */
export type OperationOutcome = 'OK' | 'ABORTED' | 'OTHER' | BankCardOcrErrorCode;

/** An operation begins. Like everything that is published, it holds nothing secret and nothing that identifies a person. */
export interface OperationStart {
  /** The name of the account; undefined for the only one. */
  readonly account: string | undefined;
  readonly operation: OperationName;
  /** Of a refresh: why it was begun. */
  readonly reason?: string | undefined;
}

/** What is known of a card, and is not about its holder. */
export interface CardFacts {
  /** Warning codes as Tencent wrote them. */
  readonly warnings?: readonly string[];
  readonly photos?: readonly { readonly kind: string; readonly bytes: number }[];
}

/** What is known when an operation has ended. */
export interface OperationFacts extends CardFacts {
  /** Of a keep: whether it has kept the order, which the archive did not have before. */
  readonly isNew?: boolean | undefined;
}

/** An operation has ended. */
export interface OperationEnd extends OperationStart, OperationFacts {
  readonly outcome: OperationOutcome;
  /** Tencent's code, as it wrote it: any text. */
  readonly vendorCode?: string | undefined;
  readonly durationMs: number;
}

/** One request to Tencent begins; {@link ExchangeStart} of an account. */
export interface AttemptStart extends ExchangeStart {
  readonly account: string | undefined;
}

/** One request to Tencent has ended; {@link ExchangeRecord} of an account. */
export interface AttemptEnd extends ExchangeRecord {
  readonly account: string | undefined;
}

/** An account that is in use. */
export interface ActiveAccount {
  readonly account: string | undefined;
  /** Milliseconds since its access token was asked for; undefined while there are no valid credentials. */
  readonly ticketAgeMs: () => number | undefined;
}

/** How far an archive is behind the orders of its queue. */
export interface ArchiveBacklog {
  /** Orders that are not kept yet. */
  readonly waiting: number;
  /** Milliseconds since the oldest of them was recognized; 0 for none. */
  readonly oldestWaitingMs: number;
}

/** An archive whose orders come from a queue. */
export interface ActiveArchive {
  readonly account: string | undefined;
  /** As it was when it was asked for last, over all processes; undefined before it is known. */
  readonly backlog: () => ArchiveBacklog | undefined;
}

/**
 * - `lost`: an order is not in the archive and never will be; `code` says why.
 * - `round`: all expected orders were compared with the archive, or that failed.
 */
export type ArchiveEvent =
  | { readonly type: 'lost'; readonly code: BankCardOcrErrorCode | 'STORE' }
  | { readonly type: 'round'; readonly outcome: 'OK' | 'FAILED' };

/** Follows one operation or attempt from its start to its end. */
export interface Observation<End> {
  /** Run what begins in it, e.g. with a span that is active. Must call `run` before it returns. */
  within?(run: () => void): void;
  end?(end: End): void;
}

/**
 * Takes what the library publishes about itself. Every method is optional. What one throws is dropped: it never reaches a
 * call to Tencent.
 */
export interface TelemetrySubscriber {
  /** Whether it is switched off for now. Operations and attempts are not published to it then, which saves their cost. */
  isIdle?(): boolean;
  operation?(start: OperationStart): Observation<OperationEnd> | undefined;
  attempt?(start: AttemptStart): Observation<AttemptEnd> | undefined;
  /** What happens to the credentials. */
  event?(event: TicketEvent, account: string | undefined): void;
  /** @returns what is called when the account is closed */
  account?(account: ActiveAccount): (() => void) | undefined;
  /** What happens to the archive of an account. */
  archiveEvent?(event: ArchiveEvent, account: string | undefined): void;
  /** @returns what is called when the archive is closed */
  archive?(archive: ActiveArchive): (() => void) | undefined;
}

/** How an operation is published. */
interface OperationDetails<T> {
  readonly reason?: string | undefined;
  /** The caller's own: whatever it rejects with is `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Called only if there is a subscriber. */
  readonly facts?: (value: T | undefined, error: unknown) => OperationFacts;
}

/** Tells a subscriber of an account or an archive. @returns what tells it of the end */
type Introduction = (subscriber: TelemetrySubscriber) => (() => void) | undefined;

/** Publishes what one account does to any number of subscribers; without one it costs nothing. */
export class Telemetry {
  #subscribers: readonly TelemetrySubscriber[] = [];
  #isFaulty = false;
  /** What every subscriber is told of, also one that comes later, and what each has returned. */
  readonly #introductions = new Map<Introduction, Map<TelemetrySubscriber, () => void>>();

  /** @param onFault is called once, when a subscriber throws for the first time */
  constructor(
    private readonly clock: Clock,
    readonly account: string | undefined,
    subscribers: readonly TelemetrySubscriber[] = [],
    private readonly onFault: (error: unknown) => void = () => undefined,
  ) {
    for (const subscriber of subscribers) this.subscribe(subscriber);
  }

  /** @returns what ends the subscription */
  subscribe(subscriber: TelemetrySubscriber): () => void {
    this.#subscribers = [...this.#subscribers, subscriber];
    for (const introduction of this.#introductions.keys()) this.#introduce(introduction, subscriber);
    return () => {
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
      for (const introduction of this.#introductions.keys()) this.#dismiss(introduction, subscriber);
    };
  }

  /** The account has credentials from now on, whose age `ticketAgeMs` returns. @returns what ends that */
  open(ticketAgeMs: () => number | undefined): () => void {
    const account: ActiveAccount = { account: this.account, ticketAgeMs };
    return this.#introduceToAll((subscriber) => subscriber.account?.(account));
  }

  /** The archive of the account keeps the orders of a queue from now on. @returns what ends that */
  openArchive(backlog: () => ArchiveBacklog | undefined): () => void {
    const archive: ActiveArchive = { account: this.account, backlog };
    return this.#introduceToAll((subscriber) => subscriber.archive?.(archive));
  }

  /** Run an operation, and publish its start and its end. Its result and its error pass unchanged. */
  operation<T>(
    operation: OperationName,
    run: () => Promise<T>,
    { reason, signal, facts }: OperationDetails<T> = {},
  ): Promise<T> {
    if (this.#isUnheard()) return run();
    const start: OperationStart = { account: this.account, operation, reason };
    const beganAt = this.clock.monotonic();
    const observations = this.#observe((subscriber) => subscriber.operation?.(start));
    if (observations.length === 0) return run();
    const end = (value: T | undefined, error: unknown, isFailure: boolean): void => {
      const known = this.#quietly(() => facts?.(value, error));
      const outcome = isFailure ? outcomeOf(error, signal) : 'OK';
      const vendorCode = isBankCardOcrError(error) ? error.vendorCode : undefined;
      const durationMs = this.clock.monotonic() - beganAt;
      this.#end(observations, { ...start, ...known, outcome, vendorCode, durationMs });
    };
    return this.#within(observations, run).then(
      (value) => {
        end(value, undefined, false);
        return value;
      },
      (error: unknown) => {
        end(undefined, error, true);
        throw error;
      },
    );
  }

  /** Publish one request to Tencent. @returns publishes its end; undefined when every subscriber is idle */
  attempt(describe: () => ExchangeStart): ((record: ExchangeRecord) => void) | undefined {
    if (this.#isUnheard()) return undefined;
    const { account } = this;
    const start: AttemptStart = { ...describe(), account };
    const observations = this.#observe((subscriber) => subscriber.attempt?.(start));
    if (observations.length === 0) return undefined;
    return (record) => this.#end(observations, { ...record, account });
  }

  /** Publish what has happened to the credentials. */
  event(event: TicketEvent): void {
    for (const subscriber of this.#subscribers) this.#quietly(() => subscriber.event?.(event, this.account));
  }

  /** Publish what has happened to the archive. */
  archiveEvent(event: ArchiveEvent): void {
    for (const subscriber of this.#subscribers) this.#quietly(() => subscriber.archiveEvent?.(event, this.account));
  }

  /** Asked for every call: nothing is made here. */
  #isUnheard(): boolean {
    for (const subscriber of this.#subscribers) {
      if (!this.#isIdle(subscriber)) return false;
    }
    return true;
  }

  #isIdle(subscriber: TelemetrySubscriber): boolean {
    try {
      return subscriber.isIdle?.() === true;
    } catch (error) {
      this.#fault(error);
      return true;
    }
  }

  #introduceToAll(introduction: Introduction): () => void {
    this.#introductions.set(introduction, new Map());
    for (const subscriber of this.#subscribers) this.#introduce(introduction, subscriber);
    return () => {
      for (const subscriber of this.#subscribers) this.#dismiss(introduction, subscriber);
      this.#introductions.delete(introduction);
    };
  }

  #introduce(introduction: Introduction, subscriber: TelemetrySubscriber): void {
    const leave = this.#quietly(() => introduction(subscriber));
    if (leave) this.#introductions.get(introduction)?.set(subscriber, leave);
  }

  #dismiss(introduction: Introduction, subscriber: TelemetrySubscriber): void {
    const left = this.#introductions.get(introduction);
    this.#quietly(() => left?.get(subscriber)?.());
    left?.delete(subscriber);
  }

  #observe<End>(begin: (subscriber: TelemetrySubscriber) => Observation<End> | undefined): readonly Observation<End>[] {
    const observations: Observation<End>[] = [];
    for (const subscriber of this.#subscribers) {
      if (this.#isIdle(subscriber)) continue;
      const observation = this.#quietly(() => begin(subscriber));
      if (observation) observations.push(observation);
    }
    return observations;
  }

  /** Run something within all observations; it is run exactly once, whatever they do. */
  #within<T>(observations: readonly Observation<never>[], run: () => Promise<T>): Promise<T> {
    let running: Promise<T> | undefined;
    const start = (): void => {
      // An error that is thrown at once is the operation's, not the subscriber's.
      running = new Promise((resolve) => resolve(run()));
    };
    const nested = observations.reduceRight<() => void>((inner, observation) => {
      return once(() => {
        this.#quietly(() => observation.within?.(inner));
        inner();
      });
    }, once(start));
    nested();
    return running!;
  }

  #end<End>(observations: readonly Observation<End>[], end: End): void {
    for (const observation of observations) this.#quietly(() => observation.end?.(end));
  }

  /** A subscriber that throws never disturbs what is observed. */
  #quietly<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#fault(error);
      return undefined;
    }
  }

  #fault(error: unknown): void {
    if (this.#isFaulty) return;
    this.#isFaulty = true;
    this.onFault(error);
  }
}

/** Run an operation of a service that may have been made without telemetry, as tests do. */
export function observed<T>(
  telemetry: Telemetry | undefined,
  operation: OperationName,
  run: () => Promise<T>,
  details?: OperationDetails<T>,
): Promise<T> {
  return telemetry ? telemetry.operation(operation, run, details) : run();
}

function once(run: () => void): () => void {
  let isRun = false;
  return () => {
    if (isRun) return;
    isRun = true;
    run();
  };
}

function outcomeOf(error: unknown, signal: AbortSignal | undefined): OperationOutcome {
  if (isBankCardOcrError(error)) return error.code;
  return signal?.aborted ? 'ABORTED' : 'OTHER';
}
