/** `expire_in`: seconds, a number or a text; fractional when a test has scaled the lives down. */
export function wireSeconds(lifeMs: number, as: 'number' | 'string'): number | string {
  const seconds = lifeMs / 1_000;
  return as === 'string' ? String(seconds) : seconds;
}
