import { createInterface } from 'node:readline/promises';
import { printable } from '../../runtime/printable-text.js';

/** The least time between two drawings. */
const DRAW_EVERY_MS = 100;
const BAR_WIDTH = 30;

/** What a command writes to: results to stdout, progress to stderr, where that is a terminal. */
export class Terminal {
  #drawnAtMs = -Infinity;
  #isDrawn = false;

  constructor(
    readonly isTerminal = process.stdout.isTTY,
    private readonly streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  ) {}

  /** Whether somebody can be asked. */
  get canAsk(): boolean {
    return this.streams.stdin.isTTY && this.streams.stderr.isTTY;
  }

  /** Write a line of the result. */
  line(text: string): void {
    this.clear();
    this.streams.stdout.write(`${printable(text)}\n`);
  }

  /** Write a document of the result, as it is: JSON escapes control characters. */
  json(value: unknown): void {
    this.clear();
    this.streams.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Draw how far it is. @param total 0 when that is not known */
  progress(done: number, total: number, unit: string): void {
    const now = performance.now();
    if (!this.streams.stderr.isTTY || now - this.#drawnAtMs < DRAW_EVERY_MS) return;
    this.#drawnAtMs = now;
    this.#isDrawn = true;
    this.streams.stderr.write(`\r${progressText(done, total, unit)}\u001b[K`);
  }

  /** Take the progress away. */
  clear(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.streams.stderr.write('\r\u001b[K');
  }

  /** Ask, and return what was typed. */
  async ask(question: string): Promise<string> {
    this.clear();
    const lines = createInterface({ input: this.streams.stdin, output: this.streams.stderr });
    try {
      // At the end of the input nothing was typed.
      const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
      return await Promise.race([lines.question(printable(question)), ended]);
    } finally {
      lines.close();
    }
  }
}

/** e.g. `[###############---------------] 50% 617/1234 entries` */
export function progressText(done: number, total: number, unit: string): string {
  if (total <= 0) return `${done} ${unit}`;
  const share = Math.min(done / total, 1);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  return `[${bar}] ${Math.floor(share * 100)}% ${done}/${total} ${unit}`;
}
