import type { FaultEffect } from '../faults/fault.js';

/** What the faults of a run have touched, and when. */
export class Effects {
  readonly all: FaultEffect[] = [];
  readonly #byKind = new Map<string, FaultEffect[]>();

  add(effect: FaultEffect): void {
    this.all.push(effect);
    const { kind } = effect.fault;
    this.#byKind.set(kind, [...(this.#byKind.get(kind) ?? []), effect]);
  }

  /** Whether a fault of one of these kinds was at work at some time between two moments. */
  anyOf(kinds: readonly string[], from: number, to: number, slot?: string): boolean {
    return kinds.some((kind) => this.#byKind.get(kind)?.some((effect) => overlaps(effect, from, to, slot)));
  }

  /** For how long faults of a kind were at work for an instance between two moments. */
  durationOf(kind: string, from: number, to: number, slot: string): number {
    const at = this.#byKind.get(kind)?.filter((effect) => overlaps(effect, from, to, slot)) ?? [];
    return at.reduce((sum, { beganAt, endedAt = to }) => sum + Math.min(endedAt, to) - Math.max(beganAt, from), 0);
  }

  /** Whether any fault touched an instance between two moments. */
  touched(slot: string, from: number, to: number): boolean {
    return this.all.some((effect) => overlaps(effect, from, to, slot));
  }

  /** When the last one was over; undefined while one lasts. */
  get overSince(): number | undefined {
    let latest = 0;
    for (const { endedAt } of this.all) {
      if (endedAt === undefined) return undefined;
      latest = Math.max(latest, endedAt);
    }
    return latest;
  }
}

function overlaps({ beganAt, endedAt, touches }: FaultEffect, from: number, to: number, slot?: string): boolean {
  if (slot !== undefined && touches && !touches.has(slot)) return false;
  return beganAt <= to && (endedAt ?? Number.POSITIVE_INFINITY) >= from;
}
