import 'reflect-metadata';
import { giveAnswer } from '../processes/pinned-process.js';
import { GROUPS } from './groups.js';

async function main(): Promise<void> {
  const group = GROUPS[process.argv[2] ?? ''];
  giveAnswer((await group?.())?.all ?? []);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
