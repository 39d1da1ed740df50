import { type Clock, SystemClock } from '../clock.js';
import { readTicketRecord } from '../credentials/read-ticket-record.js';
import { shiftMoments } from '../credentials/record-moments.js';
import { type StoreAccess, type TicketLease, TicketStore } from '../credentials/store/ticket-store.js';
import type { TicketRecord } from '../credentials/ticket-record.js';
import { BankCardOcrConfigurationError } from '../errors/configuration-error.js';
import { type RedisClient, RedisCommands } from './redis-commands.js';
import { RedisFault } from './redis-fault.js';
import { type RedisKeys, redisKeysFor } from './redis-keys.js';
import { RedisLease } from './redis-lease.js';
import { READ, SET_ASIDE, SWAP, TRY_TO_WRITE } from './redis-scripts.js';
import { describeRedis } from './redis-url.js';
import { RedisWatch } from './redis-watch.js';

/** Settings of a {@link RedisTicketStore}. */
export interface RedisTicketStoreOptions {
  /** An ioredis client (`Redis` or `Cluster`); whoever made it closes it, after the store. */
  readonly client: RedisClient;
  readonly appId: string;
  /** Milliseconds that one command may take. @default 1000 */
  readonly timeoutMs?: number;
  /** The clock of this process, which need not agree with that of Redis. @default the machine's clocks */
  readonly clock?: Clock;
  /** Called with the key of a record that could not be read and was set aside. */
  readonly onDamaged?: (key: string) => void;
}

const DEFAULT_TIMEOUT_MS = 1_000;

/**
 * Keeps the credentials in Redis, shared by any number of machines. What it writes and how others may read it:
 * docs/fleet.md. Redis 5 or newer.
 *
 * Moments are kept by the clock of Redis, so that processes whose own clocks are hours apart agree about every age. On the
 * way they are only ever taken for earlier than they were: credentials are never used beyond their life.
 */
export class RedisTicketStore extends TicketStore {
  readonly description: string;
  readonly scope = 'fleet';
  readonly #commands: RedisCommands;
  readonly #keys: RedisKeys;
  readonly #watch: RedisWatch;
  readonly #clock: Clock;
  readonly #onDamaged: RedisTicketStoreOptions['onDamaged'];
  readonly #ownClient: RedisClient | undefined;

  /** @param ownClient the same client when it is the store's own, to reconnect and to close */
  constructor(options: RedisTicketStoreOptions, ownClient?: RedisClient) {
    super();
    const { client, appId, timeoutMs = DEFAULT_TIMEOUT_MS, clock = new SystemClock() } = options;
    // Nothing that leads to the client, which knows the password, can be printed.
    this.#ownClient = ownClient;
    this.#onDamaged = options.onDamaged;
    this.description = describeRedis(client);
    this.#keys = redisKeysFor(appId, client.options.keyPrefix ?? '');
    this.#commands = new RedisCommands(client, timeoutMs, ownClient !== undefined);
    this.#watch = new RedisWatch(client, this.#keys.channel);
    this.#clock = clock;
  }

  /** A Redis that cannot be reached does not stop the start, like a vendor that cannot; one that refuses does. */
  override async open(access: StoreAccess = 'write'): Promise<void> {
    try {
      await this.#commands.connected();
      await this.read();
      if (access === 'write') await this.#commands.change(TRY_TO_WRITE, [this.#keys.probe], () => []);
    } catch (error) {
      if (error instanceof RedisFault && error.isRefusal) throw refused(this.description, error);
    }
  }

  async read(): Promise<TicketRecord | undefined> {
    const askedAtMs = this.#clock.now();
    const answer = await this.#commands.read(READ, [this.#keys.record]);
    const [redisNowMs, text] = answer as [number, string | null];
    if (text === null || text === undefined) return undefined;
    const record = readTicketRecord(text);
    if (record) return shiftMoments(record, askedAtMs - redisNowMs);
    await this.#setAside(text);
    return undefined;
  }

  async swap(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    const { record, lease: leaseKey, channel } = this.#keys;
    const outcome = await this.#commands.change(SWAP, [record, leaseKey], (redisNowMs) => {
      const text = JSON.stringify(shiftMoments(next, redisNowMs - this.#clock.now()));
      return [expected?.writeId ?? '', next.writeId, text, String(next.revision), channel, lease?.id ?? ''];
    });
    return outcome === 'done';
  }

  async lease(ttlMs: number): Promise<TicketLease | undefined> {
    return RedisLease.tryTake(this.#commands, this.#keys, ttlMs);
  }

  watch(listener: () => void): () => void {
    return this.#watch.add(listener);
  }

  /** Ends the connection on which it listens. The client that was handed in stays open. */
  async close(): Promise<void> {
    this.#watch.close();
    this.#ownClient?.disconnect();
  }

  async #setAside(text: string): Promise<void> {
    const { record, damaged } = this.#keys;
    // Who may only read leaves it to the others; there is nothing to read either way.
    const outcome = await this.#commands.change(SET_ASIDE, [record, damaged], () => [text]).catch(() => 'fenced');
    if (outcome === 'done') this.#onDamaged?.(damaged);
  }
}

function refused(description: string, fault: RedisFault): BankCardOcrConfigurationError {
  const isCluster = fault.code === 'MOVED' || fault.code === 'CROSSSLOT';
  const fix = isCluster
    ? `${description} is a node of a cluster: hand in a RedisTicketStore with a Cluster client instead of a URL`
    : `${description} refuses (${fault.code}): check user, password, database and privileges (docs/fleet.md names the keys ` +
      'and commands), and that it is Redis 5 or newer';
  return new BankCardOcrConfigurationError(
    [{ option: 'ticketStore', variable: 'BANKCARD_OCR_TICKET_STORE', fix }],
    fault,
  );
}
