import { LeaseHeartbeat } from '../credentials/store/lease-heartbeat.js';
import type { TicketLease } from '../credentials/store/ticket-store.js';
import { type Runtime, SYSTEM_RUNTIME } from '../runtime/random.js';
import type { RedisCommands } from './redis-commands.js';
import type { RedisKeys } from './redis-keys.js';
import { RELEASE_LEASE, RENEW_LEASE, TAKE_LEASE } from './redis-scripts.js';

/** A lease in Redis: a key that holds the id of its holder, and expires when the holder gives no sign of life. */
export class RedisLease implements TicketLease {
  readonly #heartbeat: LeaseHeartbeat;
  readonly signal: AbortSignal;

  private constructor(
    readonly id: string,
    private readonly commands: RedisCommands,
    private readonly keys: RedisKeys,
    ttlMs: number,
    takenAt: number,
    { clock }: Runtime,
  ) {
    const life = () => [id, String(Math.ceil(ttlMs))];
    const beat = async (): Promise<boolean> => (await commands.change(RENEW_LEASE, [keys.lease], life)) !== 'fenced';
    this.#heartbeat = new LeaseHeartbeat(ttlMs, takenAt, beat, clock);
    this.signal = this.#heartbeat.signal;
  }

  /** Take the lease if nobody alive holds it. */
  static async tryTake(
    commands: RedisCommands,
    keys: RedisKeys,
    ttlMs: number,
    runtime: Runtime = SYSTEM_RUNTIME,
  ): Promise<RedisLease | undefined> {
    const id = runtime.random.id();
    const takenAt = runtime.clock.monotonic();
    const outcome = await commands.change(TAKE_LEASE, [keys.lease], () => [id, String(Math.ceil(ttlMs))]);
    return outcome === 'done' ? new RedisLease(id, commands, keys, ttlMs, takenAt, runtime) : undefined;
  }

  throwIfLost(): void {
    this.#heartbeat.throwIfLost();
  }

  async release(): Promise<void> {
    await this.#heartbeat.stop();
    // What cannot be released expires by itself.
    await this.commands.change(RELEASE_LEASE, [this.keys.lease], () => [this.id]).catch(() => undefined);
  }
}
