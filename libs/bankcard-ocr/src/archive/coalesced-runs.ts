/** Coalesces an action by key: callers that come while it is running share the run that follows, and no other. */
export class CoalescedRuns<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  constructor(private readonly action: (key: string) => Promise<T>) {}

  /** @returns the result of a run that begins after this call */
  run(key: string): Promise<T> {
    const running = this.#running.get(key);
    if (!running) return this.#start(key);
    const shared = this.#next.get(key) ?? this.#startAfter(running, key);
    this.#next.set(key, shared);
    return shared;
  }

  /** The one that is running may have read already what this caller has changed. */
  async #startAfter(running: Promise<T>, key: string): Promise<T> {
    await running.catch(() => undefined);
    this.#next.delete(key);
    return this.#start(key);
  }

  #start(key: string): Promise<T> {
    const run = this.action(key).finally(() => {
      if (this.#running.get(key) === run) this.#running.delete(key);
    });
    this.#running.set(key, run);
    return run;
  }
}
