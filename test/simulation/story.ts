import { createHash, type Hash } from 'node:crypto';

/** A line of the story of a run. */
export interface StoryLine {
  readonly at: number;
  readonly text: string;
}

/** What happens in a run: the lines that a person can follow, and a hash over everything. */
export class Story {
  readonly lines: StoryLine[] = [];
  readonly #hash: Hash = createHash('sha256');
  #pieces: string[] = [];

  /** Something that a person wants to know. */
  tell(at: number, text: string): void {
    this.lines.push({ at, text });
    this.note(at, text);
  }

  /** Something that only a comparison of two runs wants to know. */
  note(at: number, text: string): void {
    this.#pieces.push(`${at} ${text}\n`);
    if (this.#pieces.length >= 500) this.#flush();
  }

  /** The same for two runs in which the same things happened at the same moments. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#pieces.join(''));
    this.#pieces = [];
  }
}

/** True time as a person reads it: minutes, seconds and milliseconds since the beginning. */
export function clockTime(at: number): string {
  const minutes = Math.floor(at / 60_000);
  const seconds = (at - minutes * 60_000) / 1_000;
  return `${String(minutes).padStart(3)}:${seconds.toFixed(3).padStart(6, '0')}`;
}
