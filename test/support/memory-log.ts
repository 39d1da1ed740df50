import type { LoggerService } from '@nestjs/common';

/** The log of an application, kept line by line with what Nest calls their context. */
export class MemoryLog implements LoggerService {
  readonly lines: { readonly context: unknown; readonly text: string }[] = [];
  readonly log = (message: unknown, context?: unknown) => this.#note(message, context);
  readonly warn = (message: unknown, context?: unknown) => this.#note(message, context);
  readonly error = (message: unknown, context?: unknown) => this.#note(message, context);
  readonly debug = (message: unknown, context?: unknown) => this.#note(message, context);

  #note(message: unknown, context: unknown): void {
    this.lines.push({ context, text: String(message) });
  }
}
