/** Runs one piece of work at a time: a caller who comes while it runs shares its outcome, and the next one starts it anew. */
export class SingleFlight<T> {
  #running: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  /** The run that goes on at this moment. */
  get running(): Promise<T> | undefined {
    return this.#running;
  }

  run(): Promise<T> {
    this.#running ??= this.work().finally(() => (this.#running = undefined));
    return this.#running;
  }
}
