import { type Case, compare } from './comparison.js';

/** Make a case that goes wrong as small as it gets by leaving out pieces, the largest first. */
export async function smallerCase(found: Case): Promise<Case> {
  let smallest = found;
  for (const chunkLengths of [[found.body.length], [1], [2], [3]]) {
    if (await goesWrong({ ...found, chunkLengths })) {
      smallest = { ...found, chunkLengths };
      break;
    }
  }
  if (await goesWrong({ ...smallest, isHeldUp: false })) smallest = { ...smallest, isHeldUp: false };
  for (let length = Math.ceil(smallest.body.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < smallest.body.length;) {
      const { body } = smallest;
      const without = { ...smallest, body: Buffer.concat([body.subarray(0, at), body.subarray(at + length)]) };
      if (await goesWrong(without)) smallest = without;
      else at += length;
    }
  }
  return smallest;
}

async function goesWrong(candidate: Case): Promise<boolean> {
  return (await compare(candidate)).fault !== undefined;
}
