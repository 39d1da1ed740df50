import type { Clock } from '../../clock.js';

/** Facts with the moment they were noted: wall clock of the sandbox, ms since the epoch. */
export type Dated<Facts> = Facts & { readonly at: number };

/** A list of dated entries that may be taken back; the oldest go when there are too many. */
export class EvidenceLog<Facts extends object> {
  readonly #clock: Clock;
  readonly #capacity: number;
  #entries: Dated<Facts>[] = [];

  constructor(clock: Clock, capacity = 50_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Add facts and return the entry, so that the caller can fill or retract it later. */
  add(facts: Facts): Dated<Facts> {
    const dated = { at: this.#clock.now(), ...facts };
    this.#entries.push(dated);
    // Dropping a tenth at a time keeps adding cheap.
    if (this.#entries.length > this.#capacity) this.#entries = this.#entries.slice(Math.ceil(this.#capacity / 10));
    return dated;
  }

  retract(entry: Dated<Facts>): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Copies, so that what a test holds does not change under it. */
  snapshot(): readonly Dated<Facts>[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }
}
