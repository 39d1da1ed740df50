/** The last items that were added, at most so many: the oldest makes room. */
export class Recent<T> {
  readonly #items: T[] = [];
  /** Where the next one goes, once all places are taken. */
  #next = 0;

  /** @param most at least 1 */
  constructor(private readonly most: number) {}

  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.most;
  }

  /** The newest comes first. */
  newest(count: number): T[] {
    const items = [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
    return items.toReversed().slice(0, count);
  }
}
