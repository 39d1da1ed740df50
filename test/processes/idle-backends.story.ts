import dns from 'node:dns';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TicketEvent } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';
import { RedisServer, storiesOfRedis } from '../support/redis-server.js';

const BACKENDS = 8;
/** The trouble lasts so long at least, until all backends are due, and until it was met so often. */
const TROUBLE_MS = 6_000;
const LEAST_HITS = 3;
/** Short, so that all become due during the trouble. All other times are those of the vendor. */
const INTERVAL_MS = 12_000;
/** No limit of the library ends a call here because the machine is slow. */
const PATIENCE_MS = 600_000;
const LOOK_EVERY_MS = 50;

/** Names that are not found. All others of this story lead to this machine. */
const unknownNames = new Set<string>();
const lookUp = dns.lookup;
jest.spyOn(dns, 'lookup').mockImplementation(((name: string, options: object, done: (...given: unknown[]) => void) => {
  if (!name.endsWith('.localhost')) return lookUp(name, options, done as never);
  if (!unknownNames.has(name)) return lookUp('127.0.0.1', options, done as never);
  return void setImmediate(done, Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
}) as typeof dns.lookup);

/** A store that all backends use, and how it can be lost for a while. */
interface SharedStore {
  /** As the option of that name. */
  readonly ticketStore: string;
  lose(): Promise<void>;
  giveBack(): Promise<void>;
  end(): Promise<void>;
}

const STORES: Readonly<Record<string, () => Promise<SharedStore>>> = {
  memory: async () => {
    const nothing = async (): Promise<void> => undefined;
    return { ticketStore: 'memory:', lose: nothing, giveBack: nothing, end: nothing };
  },
  'one file': async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
    return {
      ticketStore: `file:${join(directory, 'store')}`,
      lose: async () => {
        await rename(join(directory, 'store'), join(directory, 'lost'));
        await writeFile(join(directory, 'store'), 'no directory');
      },
      giveBack: async () => {
        await rm(join(directory, 'store'));
        await rename(join(directory, 'lost'), join(directory, 'store'));
      },
      end: () => rm(directory, { recursive: true, force: true }),
    };
  },
  'one Redis': async () => {
    const redis = await RedisServer.start();
    return {
      ticketStore: redis.url,
      lose: () => redis.stop(),
      giveBack: () => redis.startAgain(),
      end: () => redis[Symbol.asyncDispose](),
    };
  },
};

let scenes = 0;

/** Several backends that nobody queries, each with the whole module. */
class IdleBackends implements AsyncDisposable {
  readonly #backends: TestApplication[] = [];
  /** So that another vendor has no part in this. */
  readonly name = `vendor${(scenes += 1)}.localhost`;
  readonly #events: TicketEvent[] = [];

  private constructor(
    public sandbox: KycSandbox,
    readonly store: SharedStore,
  ) {}

  static async prepare(store: SharedStore): Promise<IdleBackends> {
    return new IdleBackends(await KycSandbox.start(), store);
  }

  async start(): Promise<void> {
    const { ticketStore } = this.store;
    const baseUrl = this.sandbox.url.replace('127.0.0.1', this.name);
    const change = { ticketStore, baseUrl, refreshIntervalMs: INTERVAL_MS, attemptTimeoutMs: PATIENCE_MS };
    for (let count = 0; count < BACKENDS; count += 1) {
      const started = await startApplication(this.sandbox, change);
      started.tickets.events$.subscribe((event) => this.#events.push(event));
      this.#backends.push(started);
    }
  }

  count(type: TicketEvent['type']): number {
    return this.#events.filter((event) => event.type === type).length;
  }

  /** Whether no backend has anything that is not due. */
  get noneIsFresh(): boolean {
    return this.#backends.every(({ tickets }) => tickets.status().state !== 'fresh');
  }

  /** Wait until each backend has had fresh credentials that it had not when this was called. */
  async renewed(): Promise<void> {
    const waiting = new Map(this.#backends.map(({ tickets }) => [tickets, tickets.status().generationId]));
    await until(() => {
      for (const [tickets, old] of waiting) {
        const { state, generationId } = tickets.status();
        if (state === 'fresh' && generationId !== old) waiting.delete(tickets);
      }
      return waiting.size === 0;
    });
  }

  /** Cut every connection, and listen no more. */
  async stopVendor(): Promise<void> {
    await this.sandbox.stop();
  }

  async startVendorAgain(): Promise<void> {
    const { appId, secret, url } = this.sandbox;
    this.sandbox = await KycSandbox.start({ appId, secret, port: Number(new URL(url).port) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#backends.map(({ application }) => application.close()));
    await this.sandbox.stop();
    await this.store.end();
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

/** Begins. @returns how often it was met so far, and how it ends */
type Trouble = (backends: IdleBackends) => Promise<{ hits(): number; end(): Promise<void> | void }>;

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'responded with HTTP 503': async ({ sandbox }) => {
    const fault = sandbox.injectFault({ endpoint: 'auth', kind: 'body', status: 503, body: 'Service Unavailable' });
    return { hits: () => fault.hits, end: () => fault.clear() };
  },
  'refused connections': async (backends) => {
    await backends.stopVendor();
    return { hits: failuresOf(backends, 'refresh-failed'), end: () => backends.startVendorAgain() };
  },
  'was not found by its name': async (backends) => {
    unknownNames.add(backends.name);
    // Connections that are kept would do without the name.
    await backends.stopVendor();
    await backends.startVendorAgain();
    return { hits: failuresOf(backends, 'refresh-failed'), end: () => void unknownNames.delete(backends.name) };
  },
  'carried out what it lost the responses to': async ({ sandbox }) => {
    const fault = sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response' });
    return { hits: () => fault.hits, end: () => fault.clear() };
  },
};

const lostStore: Trouble = async (backends) => {
  await backends.store.lose();
  return { hits: failuresOf(backends, 'store-failed'), end: () => backends.store.giveBack() };
};

function failuresOf(backends: IdleBackends, type: TicketEvent['type']): () => number {
  const before = backends.count(type);
  return () => backends.count(type) - before;
}

/** The trouble comes, every backend becomes due, the trouble ends; then all have new credentials. @returns ms until then */
async function recover(backends: IdleBackends, trouble: Trouble, start?: () => Promise<void>): Promise<number> {
  const { hits, end } = await trouble(backends);
  const endsAt = performance.now() + TROUBLE_MS;
  await start?.();
  await until(() => performance.now() >= endsAt && hits() >= LEAST_HITS && backends.noneIsFresh);
  await end();
  const endedAt = performance.now();
  await backends.renewed();
  return performance.now() - endedAt;
}

const stores = Object.keys(STORES).filter((store) => store !== 'one Redis' || storiesOfRedis);

describe(`${BACKENDS} backends that nobody queries`, () => {
  const cases = stores.flatMap((store) => Object.keys(TROUBLES).map((trouble): [string, string] => [store, trouble]));

  it.concurrent.each(cases)('with %s are all fresh again after the vendor %s', async (store, trouble) => {
    await using backends = await IdleBackends.prepare(await STORES[store]!());
    const atStart = await recover(backends, TROUBLES[trouble]!, () => backends.start());
    const later = await recover(backends, TROUBLES[trouble]!);
    const [first, second] = [atStart, later].map((ms) => `${(ms / 1_000).toFixed(1)} s`);
    process.stdout.write(
      `${store}, ${trouble}: all fresh ${first} after a start in it, ${second} after it came later\n`,
    );
  });

  it.concurrent.each(stores.filter((store) => store !== 'memory'))(
    'with %s are all fresh again after that was lost',
    async (store) => {
      await using backends = await IdleBackends.prepare(await STORES[store]!());
      await backends.start();
      await backends.renewed();
      const ms = await recover(backends, lostStore);
      process.stdout.write(`${store} lost: all fresh ${(ms / 1_000).toFixed(1)} s after it came back\n`);
    },
  );
});
