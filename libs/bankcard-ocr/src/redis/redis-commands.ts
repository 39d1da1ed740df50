import type { Cluster, Redis } from 'ioredis';
import type { Clock, ClockTimer } from '../clock.js';
import { SYSTEM_RUNTIME } from '../random.js';
import { untraced } from '../tracing-suppression.js';
import { withHiddenArguments } from './hidden-arguments.js';
import { RedisFault, redisFault } from './redis-fault.js';
import { TIME } from './redis-scripts.js';

/** The client of the application, or our own: one node, sentinels, or a cluster. */
export type RedisClient = Redis | Cluster;

/** A connection on which nothing has been answered for so long is dead, though nobody has said so. */
const DEAD_AFTER_MS = 5_000;

/** What runs scripts, each limited in time. Nothing waits in the client's queue for a connection that may come. */
export class RedisCommands {
  #lastSignOfLifeAt: number;

  readonly #client: RedisClient;
  /** The same client, for commands. */
  readonly #sender: RedisClient;

  /** @param mayReconnect whether the client is ours, so that a dead connection may be ended */
  constructor(
    client: RedisClient,
    private readonly timeoutMs: number,
    private readonly mayReconnect: boolean,
    private readonly clock: Clock = SYSTEM_RUNTIME.clock,
  ) {
    this.#client = client;
    this.#lastSignOfLifeAt = clock.monotonic();
    this.#sender = withHiddenArguments(client);
  }

  /** Run a script that changes nothing. */
  async read(script: string, keys: readonly string[]): Promise<unknown> {
    return this.#inTime(() => this.#sender.eval(script, keys.length, ...keys));
  }

  /**
   * Run a script that changes something; its first argument, the last moment at which it may, is added here.
   *
   * @param argsAt gives the other arguments; told the clock of Redis in epoch ms, as it stands now
   * @throws {@link RedisFault} when it was not carried out, and when nobody knows whether it was
   */
  async change(
    script: string,
    keys: readonly string[],
    argsAt: (redisNowMs: number) => readonly string[],
  ): Promise<'done' | 'fenced'> {
    const nowMs = Number(await this.read(TIME, keys.slice(0, 1)));
    const lastMoment = String(nowMs + this.timeoutMs);
    const outcome = await this.#inTime(() =>
      this.#sender.eval(script, keys.length, ...keys, lastMoment, ...argsAt(nowMs)),
    );
    if (outcome === 'done' || outcome === 'fenced') return outcome;
    throw new RedisFault('TIMEOUT', false);
  }

  /**
   * Wait until the client is connected.
   *
   * @throws {@link RedisFault} when that takes too long, or Redis refuses
   */
  async connected(): Promise<void> {
    const client = this.#client;
    if (this.#isReady) return;
    let settle: ((fault?: RedisFault) => void) | undefined;
    const onReady = () => settle?.();
    // A connection that fails is tried again; a password that is refused stays refused.
    const onError = (error: unknown) => {
      const fault = redisFault(error);
      if (fault.isRefusal) settle?.(fault);
    };
    client.on('ready', onReady).on('error', onError);
    const late = () => settle?.(new RedisFault('NOT_CONNECTED', false));
    const timer = this.clock.setTimer(late, this.timeoutMs, true);
    try {
      await new Promise<void>((resolve, reject) => {
        settle = (fault) => (fault ? reject(fault) : resolve());
      });
    } finally {
      timer.cancel();
      client.off('ready', onReady).off('error', onError);
    }
  }

  get #isReady(): boolean {
    // A client that was made with lazyConnect connects with its first command.
    return this.#client.status === 'ready' || this.#client.status === 'wait';
  }

  async #inTime<T>(command: () => Promise<T>): Promise<T> {
    if (!this.#isReady) {
      this.#endDeadConnection();
      throw new RedisFault('NOT_CONNECTED', false);
    }
    let timer: ClockTimer | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = this.clock.setTimer(() => reject(new RedisFault('TIMEOUT', false)), this.timeoutMs, true);
    });
    try {
      const answer = await Promise.race([this.#send(command), timeout]);
      this.#lastSignOfLifeAt = this.clock.monotonic();
      return answer;
    } catch (error) {
      const fault = redisFault(error);
      if (fault.code === 'TIMEOUT') this.#endDeadConnection();
      throw fault;
    } finally {
      timer?.cancel();
    }
  }

  async #send<T>(command: () => Promise<T>): Promise<T> {
    // A connection that a command begins lives in that command's context: with it the application would lose its traces.
    if (this.#client.status === 'wait') await this.#client.connect();
    return untraced(command);
  }

  /** Its end could otherwise take the system a quarter of an hour to notice. */
  #endDeadConnection(): void {
    const client = this.#client;
    // While it connects, the client has time limits of its own.
    const isConnected = client.status === 'ready' || client.status === 'connect';
    if (!this.mayReconnect || !isConnected || this.clock.monotonic() - this.#lastSignOfLifeAt < DEAD_AFTER_MS) return;
    this.#lastSignOfLifeAt = this.clock.monotonic();
    client.disconnect(true);
  }
}
