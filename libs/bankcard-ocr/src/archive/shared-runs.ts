/** One action for many that ask for it at once, by a key: who asks while it is under way shares the next run of it. */
export class SharedRuns<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  constructor(private readonly run: (key: string) => Promise<T>) {}

  /** @returns what a run gives that begins from now on */
  ask(key: string): Promise<T> {
    const running = this.#running.get(key);
    if (!running) return this.#start(key);
    const shared = this.#next.get(key) ?? this.#startAfter(running, key);
    this.#next.set(key, shared);
    return shared;
  }

  /** The one that is running may have looked already. */
  async #startAfter(running: Promise<T>, key: string): Promise<T> {
    await running.catch(() => undefined);
    this.#next.delete(key);
    return this.#start(key);
  }

  #start(key: string): Promise<T> {
    const run = this.run(key).finally(() => {
      if (this.#running.get(key) === run) this.#running.delete(key);
    });
    this.#running.set(key, run);
    return run;
  }
}
