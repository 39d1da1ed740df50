import 'reflect-metadata';
import type { ContestantName } from '../contestants/contestant.js';
import { createContestant } from '../contestants/create-contestant.js';
import { orderNumber } from '../contestants/order-number.js';
import { giveAnswer } from '../processes/pinned-process.js';

// performance.now() counts from the start of the process.
async function main(): Promise<void> {
  const contestant = await createContestant(process.argv[2] as ContestantName);
  await contestant.query(orderNumber(1));
  giveAnswer(performance.now());
}

main().catch((error: unknown) => giveAnswer(String(error)));
