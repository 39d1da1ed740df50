/** Moments of a refresh at which a fault may come. */
export const REFRESH_POINTS = [
  'lease taken',
  'token sent',
  'token carried out',
  'token answered',
  'ticket sent',
  'ticket carried out',
  'ticket answered',
  'record written',
] as const;

export type RefreshPoint = (typeof REFRESH_POINTS)[number];

/** Something that goes wrong in a run. */
export interface Fault {
  /** Of all faults of the run. */
  readonly number: number;
  readonly kind: string;
  /** True time from which on it may come. */
  readonly from: number;
  /** Comes when a refresh reaches this point, so long after it; at `from` when it is left out. */
  readonly point?: RefreshPoint;
  readonly delayMs: number;
  /** Which instance or machine, as a number that is taken modulo how many there are; `actor`: the one at the point. */
  readonly target: number | 'actor';
  readonly forMs: number;
  /** What it means depends on the kind. */
  readonly amount: number;
}

/** What a fault has done, and to whom. */
export interface FaultEffect {
  readonly fault: Fault;
  readonly beganAt: number;
  /** Undefined while it lasts. */
  endedAt: number | undefined;
  /** Names of the instances that it touches; undefined: all of them. */
  readonly touches: ReadonlySet<string> | undefined;
  readonly what: string;
}
