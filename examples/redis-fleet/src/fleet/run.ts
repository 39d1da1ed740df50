import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Instance } from './instance.js';
import { loadDuring, type LoadReport } from './load.js';
import { findRedis } from './redis.js';

const ROLES = ['refresher', 'refresher', 'refresher', 'reader'] as const;

/** A cold start, load, and a rolling restart, with the vendor's own count of refreshes after each. */
async function run(): Promise<void> {
  const redis = await findRedis();
  // A Redis that others use, too, has nothing of this app id.
  const sandbox = await KycSandbox.start({ appId: `IDA${randomInt(10_000, 99_999)}`, unknownOrders: 'invent' });
  const variables = variablesFor(sandbox, redis.url);
  console.log(`credentials of ${sandbox.appId} in ${new URL(redis.url).host}`);

  const fleet = await Promise.all(ROLES.map((role) => Instance.start(role, variables)));
  await tell(`cold start of ${ROLES.join(', ')}, all at once`, fleet, sandbox);

  const load = await loadDuring(fleet, () => pause(1_000));
  await tell(`load: ${summary(load)}`, fleet, sandbox);

  const restart = await loadDuring(fleet, () => replaceAll(fleet, variables));
  await tell(`rolling restart, one after the other: ${summary(restart)}`, fleet, sandbox);

  assert.deepEqual(sandbox.violations(), []);
  const codes = await Promise.all(fleet.map((instance) => instance.stop()));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  console.log('all stopped');
  await sandbox.stop();
  await redis.stop();
}

/** What makes processes a fleet: the same app id and the same store. */
function variablesFor({ appId, secret, url }: KycSandbox, store: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('BANKCARD_OCR_'));
  return {
    ...Object.fromEntries(others),
    BANKCARD_OCR_APP_ID: appId,
    BANKCARD_OCR_SECRET: secret,
    BANKCARD_OCR_BASE_URL: url,
    BANKCARD_OCR_TICKET_STORE: store,
  };
}

/** As a deployment does: a new one is ready before an old one is sent nobody any more, and stops. */
async function replaceAll(fleet: Instance[], variables: NodeJS.ProcessEnv): Promise<void> {
  for (const role of ROLES) {
    fleet.push(await Instance.start(role, variables));
    assert.equal(await fleet.shift()?.stop(), 0);
  }
}

/** @throws when there was more than one refresh, or somebody uses other credentials */
async function tell(what: string, fleet: readonly Instance[], { calls }: KycSandbox): Promise<void> {
  const generations = await Promise.all(fleet.map((instance) => instance.generation()));
  console.log(`${what}; refreshes so far: ${calls.accessToken}, generations in use: ${generations.join(' ')}`);
  assert.equal(calls.accessToken, 1);
  assert.deepEqual(new Set(generations), new Set([1]));
}

function summary({ queries, failed }: LoadReport): string {
  assert.deepEqual(failed, []);
  return `${queries} queries, ${failed.length} failed`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
run().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
