import type { Kernel } from '../kernel/kernel.js';
import { EPOCH_MS } from '../kernel/machine.js';
import { compileRedisScript, NotSimulated, RedisReplyError, type Value } from './redis-script.js';
import type { StoreObserver } from './store-observer.js';

/** What a key holds: a string or a hash, and by the server's own clock when it goes. */
interface Entry {
  readonly text?: string;
  readonly hash?: Map<string, string>;
  expiresAt?: number;
}

/** What the server holds of the one app id. */
export interface RedisContent {
  readonly record: string | undefined;
  readonly lease: string | undefined;
}

/** Everything that a server knows at a moment. */
export type Snapshot = ReadonlyMap<string, Entry>;

/** A Redis server with a clock of its own. It runs the library's scripts; what it is asked beyond them it refuses. */
export class RedisServer {
  #entries = new Map<string, Entry>();
  #clockOffsetMs: number;
  /** Called with everything that is published. */
  onPublish: (channel: string, message: string) => void = () => undefined;

  constructor(
    private readonly kernel: Kernel,
    clockOffsetMs: number,
    private readonly observer: StoreObserver,
  ) {
    this.#clockOffsetMs = clockOffsetMs;
  }

  /** Its own clock, in epoch ms. */
  now(): number {
    return EPOCH_MS + this.kernel.now + this.#clockOffsetMs;
  }

  /** Run a script as one step. */
  eval(lua: string, keys: readonly string[], args: readonly string[], by: string): unknown {
    const before = this.content();
    const reply = compileRedisScript(lua)((command, ...rest) => this.#call(command.toUpperCase(), rest), keys, args);
    const after = this.content();
    this.observer.operation(by);
    if (after.lease !== before.lease) {
      if (after.lease === undefined) this.observer.leaseReleased(by);
      else this.observer.leaseTaken(by);
    }
    if (after.record !== before.record) this.observer.recordWritten(by, before.record, after.record);
    return reply;
  }

  publish(channel: string, message: string): number {
    this.onPublish(channel, message);
    return 0;
  }

  content(): RedisContent {
    return { record: this.#find(':record')?.hash?.get('record'), lease: this.#find(':lease')?.text };
  }

  /** The clock is set. */
  shiftClock(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  flush(): void {
    this.#entries.clear();
  }

  /** The key of the lease goes, as a failover to a replica that has not got it would have it. */
  loseLease(): void {
    for (const key of this.#entries.keys()) if (key.endsWith(':lease')) this.#entries.delete(key);
  }

  snapshot(): Snapshot {
    return new Map([...this.#entries].map(([key, entry]) => [key, copyOf(entry)]));
  }

  /** What a replica had got takes over. */
  restore(snapshot: Snapshot): void {
    this.#entries = new Map([...snapshot].map(([key, entry]) => [key, copyOf(entry)]));
  }

  #find(ending: string): Entry | undefined {
    for (const key of this.#entries.keys()) if (key.endsWith(ending) && !key.includes(':probe')) return this.#get(key);
    return undefined;
  }

  #get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry?.expiresAt === undefined || entry.expiresAt > this.now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #ofType(key: string, type: 'text' | 'hash'): Entry | undefined {
    const entry = this.#get(key);
    if (entry && entry[type] === undefined) {
      throw new RedisReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
    }
    return entry;
  }

  #call(command: string, args: readonly string[]): Value {
    const [key = '', first = ''] = args;
    const now = this.now();
    switch (command) {
      case 'TIME':
        return [String(Math.floor(now / 1_000)), String(Math.floor((now % 1_000) * 1_000))];
      case 'GET':
        return this.#ofType(key, 'text')?.text ?? false;
      case 'HGET':
        return this.#ofType(key, 'hash')?.hash?.get(first) ?? false;
      case 'HSET': {
        const entry: Entry = this.#ofType(key, 'hash') ?? { hash: new Map() };
        for (let index = 1; index + 1 < args.length; index += 2) entry.hash?.set(args[index]!, args[index + 1]!);
        this.#entries.set(key, entry);
        return 1;
      }
      case 'SET': {
        const options = args.slice(2);
        const onlyNew = options.includes('NX');
        const lifeMs = options[options.indexOf('PX') + 1];
        if (onlyNew && this.#get(key)) return false;
        this.#entries.set(key, { text: first, ...(options.includes('PX') && { expiresAt: now + Number(lifeMs) }) });
        return 'OK';
      }
      case 'DEL':
        return this.#entries.delete(key) ? 1 : 0;
      case 'PTTL': {
        const entry = this.#get(key);
        if (!entry) return -2;
        return entry.expiresAt === undefined ? -1 : Math.ceil(entry.expiresAt - now);
      }
      case 'PEXPIRE': {
        const entry = this.#get(key);
        if (entry) entry.expiresAt = now + Number(first);
        return entry ? 1 : 0;
      }
      case 'RENAME': {
        const entry = this.#get(key);
        if (!entry) throw new RedisReplyError('ERR no such key');
        this.#entries.delete(key);
        this.#entries.set(first, entry);
        return 'OK';
      }
      case 'PUBLISH':
        return this.publish(key, first);
      default:
        throw new NotSimulated(`the simulated Redis does not know the command ${command}`);
    }
  }
}

function copyOf({ text, hash, expiresAt }: Entry): Entry {
  return { text, hash: hash && new Map(hash), expiresAt };
}
