import type { BankCardOcrOptions, TicketEvent } from 'nestjs-bankcard-ocr';
import type { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import type { TestApplication } from './application.js';
import { EventCounts } from './event-counts.js';
import { atRest, passTime } from './passing-time.js';
import { Restarts } from './restarts.js';
import { TroubledStore } from './troubled-store.js';

/** An application on the stage, and what has happened to its credentials. */
export interface Player extends TestApplication {
  readonly counts: EventCounts;
  eventsOf<T extends TicketEvent['type']>(type: T): Extract<TicketEvent, { type: T }>[];
  /** Query an order, without another attempt after a pause: the clock stands meanwhile. Throws when the query fails. */
  query(orderNo?: string): Promise<void>;
}

/** Several applications that share a {@link TroubledStore}, with a sandbox and a clock that only the test moves. */
export class SharedStage {
  readonly store = new TroubledStore();
  readonly clock: ManualClock;
  readonly sandbox: KycSandbox;
  readonly #players: Player[] = [];

  private constructor(private readonly restarts: Restarts) {
    ({ clock: this.clock, sandbox: this.sandbox } = restarts);
  }

  static async begin(): Promise<SharedStage> {
    return new SharedStage(await Restarts.begin());
  }

  /** Start one more application, and let it come to rest. */
  async join(change: Partial<BankCardOcrOptions> = {}): Promise<Player> {
    const counts = new EventCounts();
    const app = await this.restarts.join({ ticketStore: this.store, telemetry: counts, ...change });
    const events: TicketEvent[] = [];
    app.tickets.events$.subscribe((event) => events.push(event));
    const player: Player = {
      ...app,
      counts,
      eventsOf: <T extends TicketEvent['type']>(type: T) => {
        return events.filter((event): event is Extract<TicketEvent, { type: T }> => event.type === type);
      },
      query: async (orderNo = 'order1') => void (await app.ocr.query(orderNo, { maxAttempts: 1 })),
    };
    this.#players.push(player);
    await this.rest();
    return player;
  }

  /** Close an application, as at its shutdown. */
  async leave(player: Player): Promise<void> {
    this.#players.splice(this.#players.indexOf(player), 1);
    await player.application.close();
  }

  /** Let what is under way come to its end. */
  async rest(): Promise<void> {
    await atRest(this.#scene);
  }

  /** Let time pass; `each` is called after every step. */
  async pass(ms: number, stepMs: number, each?: () => Promise<void>): Promise<void> {
    await passTime(this.#scene, ms, stepMs, each);
  }

  /** Let time pass at every timer that is due: for those who wait by the clock again and again. */
  async flow(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
    await this.rest();
  }

  /** Let time pass while every application queries after every step. */
  async passAndQuery(ms: number, stepMs: number): Promise<void> {
    await this.pass(ms, stepMs, async () => void (await Promise.all(this.#players.map(({ query }) => query()))));
  }

  async end(): Promise<void> {
    await this.restarts.end();
  }

  get #scene() {
    const { clock, sandbox } = this;
    return { clock, sandbox, tickets: this.#players.map(({ tickets }) => tickets) };
  }
}
