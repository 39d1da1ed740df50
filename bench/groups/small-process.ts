import 'reflect-metadata';
import { giveAnswer } from '../processes/pinned-process.js';
import { smallPair } from './small.group.js';

async function main(): Promise<void> {
  const pair = await smallPair();
  giveAnswer({ ratio: pair.ratio('ours-undici', 'undici'), floorUs: pair.cost('undici') });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
