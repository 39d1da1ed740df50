/** When a question left and when its answer came, by the clock of this machine, in epoch milliseconds. */
export interface AskedAndAnswered {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** `Date` has whole seconds: on average it is half of one late. */
const HALF_A_SECOND_MS = 500;

/**
 * By how much the clock of this machine is ahead of the one that wrote a header `Date`.
 *
 * @param age the header `Age` of an answer that a cache had kept, in seconds
 * @returns milliseconds, uncertain by half a second and half the time that the answer took; undefined without a date
 */
export function clockOffsetMs(
  { askedAtMs, answeredAtMs }: AskedAndAnswered,
  date: string | undefined,
  age?: string,
): number | undefined {
  const toldMs = Date.parse(date ?? '');
  if (Number.isNaN(toldMs)) return undefined;
  const keptMs = /^\d{1,9}$/.test(age ?? '') ? Number(age) * 1_000 : 0;
  return (askedAtMs + answeredAtMs) / 2 - (toldMs + keptMs + HALF_A_SECOND_MS);
}
