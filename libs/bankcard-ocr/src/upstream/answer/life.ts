/** Lives beyond this are not believed: nothing of the vendor's lives longer than two hours. */
const LONGEST_LIFE_MS = 24 * 3_600_000;

/**
 * Read `expire_in`: seconds, a number on the wire and a string in the documents. An unreadable one gives the
 * documented life: the credentials are there and have ended the previous ones, so throwing them away would cost more
 * than a life that is judged wrongly and mended by the first rejection.
 */
export function readLifeMs(expireIn: unknown, documentedMs: number): number {
  const isText = typeof expireIn === 'string' && expireIn.trim() !== '';
  const seconds = isText ? Number(expireIn) : expireIn;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return documentedMs;
  return Math.min(seconds * 1_000, LONGEST_LIFE_MS);
}
