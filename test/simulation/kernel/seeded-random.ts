import type { Random } from '../library.js';

/** Uniform numbers from a seed (sfc32). Each part of a run draws from a stream of its own, so that they do not disturb each other. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(private readonly seed: string) {
    const [a, b, c] = hashes(seed);
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let warmUp = 0; warmUp < 12; warmUp += 1) this.#draw();
  }

  /** A stream of its own for a part of the run. */
  stream(name: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${name}`);
  }

  next(): number {
    return this.#draw() / 2 ** 32;
  }

  id(): string {
    const hex = [0, 1, 2, 3].map(() => this.#draw().toString(16).padStart(8, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.#draw() & 0xff));
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.next() * choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  }

  /** Exponentially distributed: most are short, some are long. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** As often in the small as in the large: from `low` to `high`, uniform by order of magnitude. */
  magnitude(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** Three different 32-bit hashes of a text (FNV-1a with different beginnings). */
function hashes(text: string): [number, number, number] {
  const hash = (basis: number): number => {
    let value = basis;
    for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    return value | 0;
  };
  return [hash(0x811c9dc5), hash(0x01234567), hash(0x9e3779b9 | 0)];
}
