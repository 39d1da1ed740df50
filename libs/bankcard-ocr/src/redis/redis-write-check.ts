import type { RedisCommands } from './redis-commands.js';
import type { RedisKeys } from './redis-keys.js';
import { READ, RELEASE_LEASE, RENEW_LEASE, SET_ASIDE, SWAP, TAKE_LEASE, TRY_TO_WRITE } from './redis-scripts.js';

/** Whatever a trial leaves when its process is killed in the middle ends by itself, except for one record of few bytes. */
const LEASE_LIFE_MS = '5000';

/**
 * Run every script that writes, on names of its own that stand where the real ones do. A server that holds them all to
 * be in order may still refuse one when it comes: for a privilege, or a proxy's rule about scripts.
 *
 * @param id of this trial, which nobody else has
 * @throws {@link RedisError} when one is refused, or nobody answers
 */
export async function tryAllWrites(commands: RedisCommands, keys: RedisKeys, id: string): Promise<void> {
  await commands.change(TRY_TO_WRITE, [keys.probe], () => []);
  const [record, lease, damaged] = ['record', 'lease', 'damaged'].map((name) => `${keys.probe}:${id}:${name}`) as [
    string,
    string,
    string,
  ];
  await commands.change(TAKE_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
  await commands.change(RENEW_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
  await commands.change(SWAP, [record, lease], () => ['', id, '{}', id]);
  const [, , , seen] = (await commands.read(READ, [record])) as [number, string, string, string];
  await commands.change(SET_ASIDE, [record, damaged], () => [seen]);
  await commands.change(TRY_TO_WRITE, [damaged], () => []);
  await commands.change(RELEASE_LEASE, [lease], () => [id]);
}
