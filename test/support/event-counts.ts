import type { TicketEvent } from 'nestjs-bankcard-ocr';
import type { TelemetrySubscriber } from 'nestjs-bankcard-ocr/telemetry';

/** Counts the events of credentials from the start of an application on: its option `telemetry`. */
export class EventCounts implements TelemetrySubscriber {
  readonly #counts = new Map<string, number>();

  readonly event = (event: TicketEvent): void => {
    const source = event.type === 'credentials-updated' ? `-from-${event.source}` : '';
    const name = event.type + source;
    this.#counts.set(name, this.of(name) + 1);
  };

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Generations that this process fetched, and those that it took from the store. */
  get updates(): { readonly refreshed: number; readonly adopted: number } {
    const updates = (source: string) => this.of(`credentials-updated-from-${source}`);
    return { refreshed: updates('refresh'), adopted: updates('store') };
  }
}
