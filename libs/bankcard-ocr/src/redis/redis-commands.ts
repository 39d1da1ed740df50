import type { RedisOptions } from 'ioredis';
import { raceTimeout } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import { untraced } from '../runtime/tracing-suppression.js';
import { type RedisClient, withHiddenArguments } from './redis-client.js';
import { RedisError, redisError } from './redis-error.js';
import { TIME } from './redis-scripts.js';

/** A connection without a response for so long counts as broken, even if no error was reported. */
const DEAD_AFTER_MS = 5_000;
/** Of a client that leads to a replica. */
const FIRST_RECONNECT_PAUSE_MS = 1_000;
const LONGEST_RECONNECT_PAUSE_MS = 60_000;

/** What runs scripts, each limited in time. Nothing waits in the client's queue for a connection that may come. */
export class RedisCommands {
  #lastSignOfLifeAt: number;
  #reconnectPauseMs = FIRST_RECONNECT_PAUSE_MS;
  #mayReconnectAt = Number.NEGATIVE_INFINITY;
  // Private to the class, so that nothing that leads to the client, which knows the password, can be printed.
  readonly #client: RedisClient;
  readonly #sender: RedisClient;

  /** @param isOwnClient whether a broken connection may be closed */
  constructor(
    client: RedisClient,
    private readonly timeoutMs: number,
    private readonly isOwnClient: boolean,
    private readonly clock: Clock,
  ) {
    this.#client = client;
    this.#lastSignOfLifeAt = clock.monotonic();
    this.#sender = withHiddenArguments(client);
  }

  async read(script: string, keys: readonly string[]): Promise<unknown> {
    return this.#inTime(keys, () => this.#sender.eval(script, keys.length, ...keys));
  }

  /** Adds the deadline as the first argument. @param argsAt takes the time of Redis in epoch ms */
  async change(
    script: string,
    keys: readonly string[],
    argsAt: (redisNowMs: number) => readonly string[],
  ): Promise<'done' | 'fenced'> {
    const nowMs = Number(await this.read(TIME, keys.slice(0, 1)));
    const sent = [...keys, String(nowMs + this.timeoutMs), ...argsAt(nowMs)];
    const outcome = await this.#inTime(sent, () => this.#sender.eval(script, keys.length, ...sent));
    this.#reconnectPauseMs = FIRST_RECONNECT_PAUSE_MS;
    if (outcome === 'done' || outcome === 'fenced') return outcome;
    throw new RedisError('TIMEOUT');
  }

  /** A command of its own: proxies before a Redis refuse a script with a name that is no key. */
  async publish(channel: string, message: string): Promise<void> {
    await this.#inTime([channel, message], () => this.#sender.publish(channel, message));
  }

  /** Wait until the client is connected. @throws {@link RedisError} when that takes too long, or Redis refuses */
  async connected(timeoutMs = this.timeoutMs): Promise<void> {
    if (this.#isReady) return;
    let lastFault = new RedisError('NOT_CONNECTED');
    let stopListening: (() => void) | undefined;
    const ready = new Promise<void>((resolve, reject) => {
      const onError = (error: unknown) => {
        lastFault = redisError(error);
        // A connection that fails is tried again; a password that is refused stays refused.
        if (lastFault.isRefusal) reject(lastFault);
      };
      this.#client.on('ready', resolve).on('error', onError);
      stopListening = () => this.#client.off('ready', resolve).off('error', onError);
    });
    const late = () => lastFault;
    await raceTimeout(this.clock, timeoutMs, () => ready, late).finally(stopListening);
  }

  /** The responses to `INFO`, and to `PTTL` of a key; empty, and -1, where this user may not ask. */
  async info(key: string): Promise<{ readonly info: string; readonly ttlMs: number }> {
    const info = await this.#inTime([], () => this.#sender.info()).catch(() => '');
    return { info, ttlMs: await this.#inTime([key], () => this.#sender.pttl(key)).catch(() => -1) };
  }

  get #isReady(): boolean {
    // A client that was made with lazyConnect connects with its first command.
    return this.#client.status === 'ready' || this.#client.status === 'wait';
  }

  /** @param sent what the server may repeat of the command and no message may contain */
  async #inTime<T>(sent: readonly string[], command: () => Promise<T>): Promise<T> {
    if (!this.#isReady) {
      this.#endDeadConnection();
      throw new RedisError('NOT_CONNECTED');
    }
    const late = () => new RedisError('TIMEOUT');
    try {
      const reply = await raceTimeout(this.clock, this.timeoutMs, () => this.#send(command), late);
      this.#lastSignOfLifeAt = this.clock.monotonic();
      return reply;
    } catch (error) {
      const fault = redisError(error, sent);
      if (fault.code === 'TIMEOUT') this.#endDeadConnection();
      if (fault.code === 'READONLY') this.#leaveReplica();
      throw fault;
    }
  }

  async #send<T>(command: () => Promise<T>): Promise<T> {
    // A connection that a command opens keeps that command's context: with it the application would lose its traces.
    if (this.#client.status === 'wait') await this.#client.connect();
    return untraced(command);
  }

  /** The system could take a quarter of an hour to report it. While it connects, the client has time limits of its own. */
  #endDeadConnection(): void {
    const isConnected = this.#client.status === 'ready' || this.#client.status === 'connect';
    const isDead = this.clock.monotonic() - this.#lastSignOfLifeAt >= DEAD_AFTER_MS;
    if (!this.isOwnClient || !isConnected || !isDead) return;
    this.#lastSignOfLifeAt = this.clock.monotonic();
    this.#client.disconnect(true);
  }

  /** A replica refuses writes: a client without `reconnectOnError` reconnects after a failover, ever more rarely. */
  #leaveReplica(): void {
    const client = this.#client;
    if ('nodes' in client || client.options.reconnectOnError || client.status !== 'ready') return;
    if (this.clock.monotonic() < this.#mayReconnectAt || !reconnects(client.options)) return;
    this.#mayReconnectAt = this.clock.monotonic() + this.#reconnectPauseMs;
    this.#reconnectPauseMs = Math.min(this.#reconnectPauseMs * 2, LONGEST_RECONNECT_PAUSE_MS);
    client.disconnect(true);
  }
}

/** Whether a client whose connection ends makes another one. One that does not would end for good. */
function reconnects({ retryStrategy }: RedisOptions): boolean {
  try {
    return typeof retryStrategy?.(1) === 'number';
  } catch {
    return false;
  }
}
