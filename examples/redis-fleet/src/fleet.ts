import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startRedis } from './redis.js';

/** Three that may refresh, and one that only reads what they store. */
const ROLES = ['refresher', 'refresher', 'refresher', 'reader'];
const QUERIES = 50;

const redis = await startRedis();
const sandbox = await KycSandbox.start({ unknownOrders: 'invent' });

interface Instance {
  readonly process: ChildProcess;
  readonly url: string;
}

async function startInstance(role: string): Promise<Instance> {
  const env = {
    ...process.env,
    BANKCARD_OCR_APP_ID: sandbox.appId,
    BANKCARD_OCR_SECRET: sandbox.secret,
    BANKCARD_OCR_BASE_URL: sandbox.url,
    BANKCARD_OCR_TICKET_STORE: redis.url,
    BANKCARD_OCR_ROLE: role,
  };
  const child = fork(path.join(import.meta.dirname, 'instance.js'), { env });
  const [url] = (await once(child, 'message')) as [string];
  return { process: child, url };
}

async function stopInstance({ process: child }: Instance): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Ask every instance many times at once. @returns the generations of credentials that they used */
async function load(instances: readonly Instance[]): Promise<Set<number>> {
  const answers = instances.flatMap(({ url }) => {
    return Array.from({ length: QUERIES }, async (_, index) => {
      const response = await fetch(`${url}/bank-cards/order${index}`);
      if (!response.ok) throw new Error(`an instance answered ${response.status}`);
      return ((await response.json()) as { generation: number }).generation;
    });
  });
  return new Set(await Promise.all(answers));
}

function report(what: string, generations: Set<number>): void {
  const { accessToken, result } = sandbox.calls;
  console.log(`${what}: ${result} queries, ${accessToken} refresh, generations in use: ${[...generations].join(', ')}`);
  if (accessToken !== 1 || generations.size !== 1 || sandbox.rejected > 0) process.exitCode = 1;
}

let instances = await Promise.all(ROLES.map(startInstance));
report('four processes', await load(instances));

const replaced: Instance[] = [];
for (const [index, role] of ROLES.entries()) {
  await stopInstance(instances[index]!);
  replaced.push(await startInstance(role));
}
instances = replaced;
report('after a rolling restart', await load(instances));

await Promise.all(instances.map(stopInstance));
await sandbox.stop();
redis.stop();
