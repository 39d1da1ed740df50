const GENERATION_SIZE = 100_000;

/** Remembers the last 100 000 nonces at least, in memory only; they never leave this class. */
export class NonceMemory {
  #recent = new Set<string>();
  #older = new Set<string>();

  /** Remember `nonce`; true when it was there already. */
  seenBefore(nonce: string): boolean {
    if (this.#recent.has(nonce) || this.#older.has(nonce)) return true;
    if (this.#recent.size >= GENERATION_SIZE) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(nonce);
    return false;
  }
}
