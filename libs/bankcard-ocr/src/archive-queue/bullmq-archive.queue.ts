import { randomUUID } from 'node:crypto';
import type { Job, Queue, RedisOptions, Worker } from 'bullmq';
import {
  type ArchiveJob,
  ArchiveQueue,
  type ArchiveQueueCounts,
  type DeadLetter,
  type QueuedOrder,
} from '../archive/archive-queue.js';
import { LeaseHeartbeat } from '../credentials/store/lease-heartbeat.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { numeric, readNumbers } from '../options/option-values.js';
import type { RedisClient } from '../redis/redis-client.js';
import { redisError } from '../redis/redis-error.js';
import { createRedisClient, describeRedis, loadIoredis } from '../redis/redis-url.js';
import { raceAbort, raceTimeout, sleep } from '../runtime/abort.js';
import { isPackageMissing } from '../runtime/missing-package.js';
import { SYSTEM_RUNTIME } from '../runtime/random.js';

/** Where a {@link BullMqArchiveQueue} is. */
export interface BullMqArchiveQueueOptions {
  /**
   * `redis://user:password@host:6379/0`, or `rediss://` for TLS, always verified; the client ends with the queue. Or an ioredis
   * client (`Redis` or `Cluster`) with `maxRetriesPerRequest: null`, which your app closes.
   */
  readonly redis: string | RedisClient;
  /** In front of every key; its braces keep the keys of a cluster together. @default '{nestjs-bankcard-ocr}' */
  readonly prefix?: string | undefined;
  /** How long the lease of an order lasts without a heartbeat, in milliseconds; twice as long until another worker has it. @default 30_000 */
  readonly leaseMs?: number | undefined;
  /** Milliseconds that a command may take; without a connection, commands wait for one as long. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Called with what an operator must know. @default process.emitWarning */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** The data of a job, which BullMQ stores in clear. */
interface JobData {
  readonly order: string;
  readonly attempts: number;
}

/** What is there once the queue is open. */
interface Connected {
  readonly queue: Queue<JobData>;
  readonly client: RedisClient;
  readonly isOwnClient: boolean;
  readonly newWorker: () => Worker<JobData>;
}

const NUMBERS = {
  leaseMs: { default: 30_000, ...numeric('milliseconds') },
  timeoutMs: { default: 10_000, ...numeric('milliseconds') },
};
const DEFAULT_PREFIX = '{nestjs-bankcard-ocr}';
/** BullMQ refuses ids that are digits only, and has its own use for a colon. */
const ID_PREFIX = 'o-';
/** A pause of all workers needs a limiter; this one never limits by itself. */
const LIMITER = { max: 1_000_000_000, duration: 1_000 };
/** BullMQ's default is 1: a processor of its own would fail an order for good whose worker is killed twice. */
const MOST_STALLS = 1_000_000_000;
/** Events are for dashboards. */
const MOST_EVENTS = 1_000;
/** When there is nothing to wait for. */
const IDLE_MS = 50;
const MOST_STALE = 1_000;
const LONGEST_CLOSE_MS = 2_000;
/** Codes of BullMQ: the job, its lock or its state is gone, or the lock is that of another worker. */
const LOST: ReadonlySet<unknown> = new Set([-1, -2, -3, -6]);
const { clock } = SYSTEM_RUNTIME;

/**
 * A queue in Redis 6.2 or newer by BullMQ, for workers on any number of machines. A job has a keyed hash for an id and an
 * encrypted order for its data; dashboards of BullMQ show nothing personal. Dead letters are its failed jobs.
 *
 * @example
 * BankCardOcrArchiveModule.forRoot({ store, keys, queue: new BullMqArchiveQueue({ redis: process.env.REDIS_URL }) });
 */
export class BullMqArchiveQueue extends ArchiveQueue {
  // Private to the class, so that nothing that leads to the client, which knows the password, can be printed.
  readonly #redis: string | RedisClient;
  readonly #prefix: string;
  readonly #leaseMs: number;
  readonly #timeoutMs: number;
  readonly #warn: (warning: string) => void;
  #connected: Connected | undefined;
  #worker: Worker<JobData> | undefined;
  /** A `take()` that was aborted leaves the blocking command behind. */
  #abandoned: Promise<void> | undefined;
  #isAway = false;
  #isClosed = false;

  /** @throws `BankCardOcrConfigurationError` */
  constructor(options: BullMqArchiveQueueOptions) {
    super();
    const { leaseMs, timeoutMs } = readNumbers(options, NUMBERS);
    this.#redis = options.redis;
    this.#prefix = options.prefix ?? DEFAULT_PREFIX;
    this.#leaseMs = leaseMs;
    this.#timeoutMs = timeoutMs;
    this.#warn = options.onWarning ?? ((warning) => process.emitWarning(warning, 'BankCardOcrWarning'));
    if (typeof this.#redis !== 'string') checkClient(this.#redis);
  }

  /**
   * Connect. A Redis that cannot be reached does not stop startup; one that refuses does.
   * @throws `BankCardOcrConfigurationError` when bullmq or ioredis is missing, with the command that installs them
   */
  async open(scope: string): Promise<void> {
    if (this.#connected) return;
    const { Queue: QueueOfBullMq, Worker: WorkerOfBullMq } = await loadBullMq();
    const isOwnClient = typeof this.#redis === 'string';
    const client = typeof this.#redis === 'string' ? await connect(this.#redis) : this.#redis;
    const base = { connection: client, prefix: this.#prefix, streams: { events: { maxLen: MOST_EVENTS } } };
    const name = `archive-${scope}`;
    const queue = new QueueOfBullMq<JobData>(name, base);
    const newWorker = (): Worker<JobData> =>
      new WorkerOfBullMq<JobData>(name, undefined, {
        ...base,
        autorun: false,
        limiter: LIMITER,
        maxStalledCount: MOST_STALLS,
        lockDuration: this.#leaseMs,
        stalledInterval: this.#leaseMs / 2,
      });
    this.#listenTo(queue);
    this.#connected = { queue, client, isOwnClient, newWorker };
    try {
      await this.#limited(async () => client.ping());
    } catch (error) {
      const fault = redisError(error);
      if (fault.isRefusal) {
        await this.close();
        throw new BankCardOcrConfigurationError([configurationIssue('queue', REFUSED)], fault);
      }
      this.#warn(`the archive queue cannot reach ${describeRedis(client)} yet; it goes on as soon as that is there`);
      return;
    }
    await this.#checkEviction(client);
  }

  async add({ id, data, recognizedAt }: QueuedOrder): Promise<'added' | 'queued' | 'dead'> {
    const { queue, client } = this.#open;
    const jobId = ID_PREFIX + id;
    return this.#limited(async () => {
      const state = await queue.getJobState(jobId);
      if (state === 'failed') return 'dead';
      if (state !== 'unknown') return 'queued';
      // Several processes may have come this far: BullMQ makes one job of that id, and one of them is told that it was new.
      const isNew = await this.#remember(client, queue, id, recognizedAt);
      const content = { order: data, attempts: 0 };
      await queue.add('order', content, {
        jobId,
        timestamp: recognizedAt.getTime(),
        attempts: 1,
        stackTraceLimit: 0,
        removeOnComplete: true,
        removeOnFail: false,
      });
      return isNew ? 'added' : 'queued';
    });
  }

  async take(signal: AbortSignal): Promise<ArchiveJob | undefined> {
    const { queue } = this.#open;
    try {
      if (this.#abandoned) await raceAbort(this.#abandoned, signal);
      const worker = await raceAbort(this.#startWorker(), signal);
      while (!signal.aborted && !this.#isClosed) {
        const token = randomUUID();
        const job = await this.#next(worker, token, signal);
        if (job) return this.#jobOf(job, token);
        const pausedMs = await this.#limited(async () => queue.getRateLimitTtl(LIMITER.max));
        await sleep(clock, pausedMs > 0 ? pausedMs : IDLE_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return undefined;
  }

  async pause(forMs: number): Promise<void> {
    const { queue } = this.#open;
    await this.#limited(async () => {
      if ((await queue.getRateLimitTtl(LIMITER.max)) < forMs) await queue.rateLimit(forMs);
    });
  }

  async counts(): Promise<ArchiveQueueCounts> {
    const { queue } = this.#open;
    return this.#limited(async () => {
      const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed');
      const of = (name: string): number => counts[name] ?? 0;
      return {
        waiting: of('wait') + of('prioritized') + of('delayed'),
        active: of('active'),
        dead: of('failed'),
        oldestWaitingMs: await this.#oldestWaitingMs(),
      };
    });
  }

  async *deadLetters(): AsyncIterable<DeadLetter> {
    const { queue } = this.#open;
    // The ids first: an operator may revive each letter as it comes.
    for (const jobId of await this.#limited(async () => queue.getRanges(['failed'], 0, -1))) {
      const job = await this.#limited(async () => queue.getJob(jobId));
      if (job) yield { ...orderOf(job), reason: job.failedReason ?? '', diedAt: new Date(job.finishedOn ?? 0) };
    }
  }

  async revive(id: string): Promise<boolean> {
    const { queue, client } = this.#open;
    return this.#limited(async () => {
      const job = await this.#deadJob(id);
      if (!job) return false;
      const { recognizedAt } = orderOf(job);
      await job.updateData({ ...job.data, attempts: 0 });
      await this.#remember(client, queue, id, recognizedAt);
      return unlessLost(async () => job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }));
    });
  }

  async discard(id: string): Promise<boolean> {
    return this.#limited(async () => {
      const job = await this.#deadJob(id);
      return job !== undefined && unlessLost(async () => job.remove());
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connected = this.#connected;
    if (!connected) return;
    this.#connected = undefined;
    const closing = async (): Promise<void> => {
      // Its connections end at once, also those that are being made: no order is in progress any more.
      await this.#worker?.close(true);
      await this.#abandoned;
      await connected.queue.close();
    };
    // Without a connection they wait for one; an order that comes meanwhile goes to another worker when its lease ends.
    const late = (): Error => new Error('the archive queue has no connection to close');
    await raceTimeout(clock, Math.min(this.#timeoutMs, LONGEST_CLOSE_MS), closing, late).catch(() => undefined);
    if (connected.isOwnClient) connected.client.disconnect();
  }

  /** Only who keeps orders needs a second connection, and looks for orders of workers that have ended. */
  async #startWorker(): Promise<Worker<JobData>> {
    if (this.#worker) return this.#worker;
    const worker = this.#open.newWorker();
    this.#listenTo(worker);
    this.#worker = worker;
    await worker.startStalledCheckTimer();
    return worker;
  }

  /** One order, or undefined when none has come for some seconds. @throws the reason of `signal` */
  async #next(worker: Worker<JobData>, token: string, signal: AbortSignal): Promise<Job<JobData> | undefined> {
    const fetching = worker.getNextJob(token) as Promise<Job<JobData> | undefined>;
    try {
      return await raceAbort(fetching, signal);
    } catch (error) {
      this.#abandoned = fetching
        .then(async (job) => job?.moveToWait(token))
        .then(
          () => undefined,
          // Its lease ends.
          () => undefined,
        )
        .finally(() => (this.#abandoned = undefined));
      throw error;
    }
  }

  #jobOf(job: Job<JobData>, token: string): ArchiveJob {
    const { client, queue } = this.#open;
    const order = orderOf(job);
    const beat = async (): Promise<boolean> => (await job.extendLock(token, this.#leaseMs)) === 1;
    const lease = new LeaseHeartbeat(
      token,
      this.#leaseMs,
      clock.monotonic(),
      async () => this.#limited(beat),
      async () => undefined,
      clock,
    );
    let isGivenBack = false;
    const giveBack = async (how: () => Promise<unknown>): Promise<void> => {
      if (isGivenBack) return;
      isGivenBack = true;
      await lease.release();
      await this.#limited(async () => unlessLost(how));
    };
    const settle = async (how: () => Promise<unknown>): Promise<void> => {
      return giveBack(async () => {
        await how();
        await client.zrem(ageKey(queue), order.id);
      });
    };
    return {
      ...order,
      attempts: job.data.attempts,
      signal: lease.signal,
      finish: async () => settle(async () => job.moveToCompleted('', token, false)),
      release: async (afterMs, attempts) => {
        return giveBack(async () => {
          if (attempts !== job.data.attempts) await job.updateData({ ...job.data, attempts });
          if (afterMs > 0) await job.moveToDelayed(Date.now() + afterMs, token);
          else await job.moveToWait(token);
        });
      },
      bury: async (reason) => settle(async () => job.moveToFailed(new Error(reason), token, false)),
    };
  }

  async #deadJob(id: string): Promise<Job<JobData> | undefined> {
    const job = await this.#open.queue.getJob(ID_PREFIX + id);
    return job && (await job.isFailed()) ? job : undefined;
  }

  /** BullMQ sorts orders by when they are due, not by their age. @returns whether it was not among them yet */
  async #remember(client: RedisClient, queue: Queue, id: string, recognizedAt: Date): Promise<boolean> {
    return (await client.zadd(ageKey(queue), 'NX', String(recognizedAt.getTime()), id)) === 1;
  }

  /** A worker that was killed may have left one that is settled: it is removed when it is the oldest. */
  async #oldestWaitingMs(): Promise<number> {
    const { queue, client } = this.#open;
    for (let stale = 0; stale < MOST_STALE; stale += 1) {
      const [id] = await client.zrange(ageKey(queue), '0', '0');
      if (id === undefined) return 0;
      const job = await queue.getJob(ID_PREFIX + id);
      if (job && !job.finishedOn) return Math.max(0, clock.now() - job.timestamp);
      await client.zrem(ageKey(queue), id);
    }
    return 0;
  }

  /** A queue is lost with a key that Redis evicts: nothing is lost for good, but all of it is asked for again. */
  async #checkEviction(client: RedisClient): Promise<void> {
    const info = await this.#limited(async () => client.info('memory')).catch(() => '');
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.#warn(
      `the archive queue is in ${describeRedis(client)}, which evicts keys when its memory is full (maxmemory-policy ` +
        `${policy}): set noeviction, or use another Redis`,
    );
  }

  /** Connections come back by themselves; an error without a listener would end the process. */
  #listenTo(part: NodeJS.EventEmitter): void {
    part.on('error', (error: Error) => {
      if (this.#isAway || this.#isClosed) return;
      this.#isAway = true;
      const { code } = redisError(error);
      this.#warn(`the archive queue has trouble with Redis (${code}); it goes on as soon as that is over`);
    });
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    const result = await raceTimeout(clock, this.#timeoutMs, work, () => {
      return new Error(`Redis has not responded to the archive queue for ${this.#timeoutMs} ms`);
    });
    this.#isAway = false;
    return result;
  }

  get #open(): Connected {
    if (!this.#connected) throw new Error('the archive queue is not open');
    return this.#connected;
  }
}

const REFUSED = new Problem(
  'Redis refuses the user of the archive queue: check its password, and its permissions',
  'Redis 拒绝存证队列的用户：请检查密码和权限',
);

async function loadBullMq(): Promise<typeof import('bullmq')> {
  try {
    return await import('bullmq');
  } catch (error) {
    throw isPackageMissing(error, /\bbullmq\b/) ? missing(error) : error;
  }
}

async function connect(url: string): Promise<RedisClient> {
  const IoRedis = await loadIoredis(missing);
  // BullMQ waits for connections by itself.
  return createRedisClient(url, IoRedis, { maxRetriesPerRequest: null, enableOfflineQueue: true });
}

function missing(error: unknown): BankCardOcrConfigurationError {
  const problem = new Problem(
    'BullMqArchiveQueue needs packages that are missing: npm install bullmq ioredis',
    'BullMqArchiveQueue 所需的包没有安装：npm install bullmq ioredis',
  );
  return new BankCardOcrConfigurationError([configurationIssue('queue', problem)], error);
}

function checkClient({ options }: RedisClient): void {
  const { maxRetriesPerRequest, keyPrefix } = {
    ...('redisOptions' in options && options.redisOptions),
    ...options,
  } as RedisOptions;
  const problems = [
    maxRetriesPerRequest !== null &&
      new Problem(
        'the client of BullMqArchiveQueue must be made with maxRetriesPerRequest: null, because it waits for orders',
        'BullMqArchiveQueue 的客户端必须设置 maxRetriesPerRequest: null，因为它会等待订单',
      ),
    keyPrefix &&
      new Problem(
        'the client of BullMqArchiveQueue must have no keyPrefix: use the option prefix',
        'BullMqArchiveQueue 的客户端不能有 keyPrefix：请使用 prefix 选项',
      ),
  ].filter((problem) => problem instanceof Problem);
  if (problems.length > 0) {
    throw new BankCardOcrConfigurationError(problems.map((problem) => configurationIssue('queue', problem)));
  }
}

function orderOf(job: Job<JobData>): QueuedOrder {
  return {
    id: (job.id ?? '').slice(ID_PREFIX.length),
    data: job.data.order,
    recognizedAt: new Date(job.timestamp),
  };
}

/** A sorted set of the orders that are not settled, by the time at which their cards were recognized. */
function ageKey(queue: Queue): string {
  return queue.toKey('recognized-at');
}

/** @returns false when the job is no longer that of this worker, or has gone: Redis may have lost it */
async function unlessLost(how: () => Promise<unknown>): Promise<boolean> {
  try {
    await how();
    return true;
  } catch (error) {
    if (LOST.has((error as { code?: unknown }).code)) return false;
    throw error;
  }
}
