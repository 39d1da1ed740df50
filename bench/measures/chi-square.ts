/**
 * How far letters are from being equally frequent: about the number of letters less one when they are.
 *
 * @param alphabet every letter that may occur; any other one counts as infinitely far
 */
export function chiSquare(texts: Iterable<string>, alphabet: string): number {
  const counts = new Map<string, number>();
  for (const letter of alphabet) counts.set(letter, 0);
  let total = 0;
  for (const text of texts) {
    for (const letter of text) {
      counts.set(letter, (counts.get(letter) ?? -Infinity) + 1);
      total += 1;
    }
  }
  const expected = total / alphabet.length;
  let sum = 0;
  for (const count of counts.values()) sum += (count - expected) ** 2 / expected;
  return sum;
}
