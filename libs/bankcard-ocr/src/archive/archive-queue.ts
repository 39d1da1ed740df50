import { knownToEveryCopy } from '../runtime/every-copy.js';

/** An order as a queue knows it: nothing in it says whose card it is, or under which number it was recognized. */
export interface QueuedOrder {
  /** A keyed hash of the order number: letters, digits and `-`. */
  readonly id: string;
  /** The order, encrypted; some hundred bytes of text. */
  readonly data: string;
  /** In clear, for the age of the oldest one. */
  readonly recognizedAt: Date;
}

/** An order that one worker has, until the worker finishes, releases or buries it, or its lease ends. */
export interface ArchiveJob extends QueuedOrder {
  /** How many attempts have failed so far, as the last {@link release} said. */
  readonly attempts: number;
  /** Aborted when the lease was lost, or is about to be: another worker gets the order. */
  readonly signal: AbortSignal;
  /** Nothing is left to do. Without effect when the lease was lost. */
  finish(): Promise<void>;
  /** Another worker, or this one, gets it after so many milliseconds; 0 for at once. Without effect when the lease was lost. */
  release(afterMs: number, attempts: number): Promise<void>;
  /** Make it a dead letter, which no worker gets. Without effect when the lease was lost. @param reason a code */
  bury(reason: string): Promise<void>;
}

/** An order that no worker gets any more. */
export interface DeadLetter extends QueuedOrder {
  /** The code of the error, e.g. `RESULT_GONE`. */
  readonly reason: string;
  readonly diedAt: Date;
}

/** How many orders a queue has; read one after another. */
export interface ArchiveQueueCounts {
  /** Those that are due, and those that wait for their next attempt. */
  readonly waiting: number;
  /** A worker has them. */
  readonly active: number;
  /** Dead letters. */
  readonly dead: number;
  /** Since when the card of the oldest order that is waiting or active was recognized, in milliseconds; 0 without one. */
  readonly oldestWaitingMs: number;
}

/**
 * Orders that are to be kept, shared by any number of workers. A queue is never the truth: when it loses everything, the
 * reconciler adds what is missing, and when it delivers an order twice, the archive keeps it once. A queue of your own proves
 * itself with `archiveQueueContract()` of the entry `/testing`.
 */
export abstract class ArchiveQueue {
  static {
    knownToEveryCopy(this, 'archive-queue');
  }

  /**
   * Called once, before everything else.
   * @param scope letters and digits: the archive that the orders are for. Queues of several scopes share a place, and no orders
   * @throws an error that says what to do, when the queue cannot be used
   */
  abstract open(scope: string): Promise<void>;
  /**
   * Add an order, unless the queue has one of that id: durable when it returns, as far as the queue is durable at all.
   * @returns `queued` when it is waiting or active already, `dead` when it is a dead letter; nothing has changed then
   */
  abstract add(order: QueuedOrder): Promise<'added' | 'queued' | 'dead'>;
  /**
   * Wait for the order that has been due longest, and lease it: the lease is renewed until the job is given back, and ends
   * soon after its process has. Called again only when the call before has returned.
   * @returns undefined as soon as `signal` is aborted; an order that comes at the same time is given back
   */
  abstract take(signal: AbortSignal): Promise<ArchiveJob | undefined>;
  /** Let no worker take an order for so many milliseconds; never shortens another pause. */
  abstract pause(forMs: number): Promise<void>;
  abstract counts(): Promise<ArchiveQueueCounts>;
  abstract deadLetters(): AsyncIterable<DeadLetter>;
  /** Make a dead letter due again, as if it had just been added. @returns false when there is none of that id */
  abstract revive(id: string): Promise<boolean>;
  /** Forget a dead letter. @returns false when there is none of that id */
  abstract discard(id: string): Promise<boolean>;
  /** Free what the queue holds open. Orders stay. */
  abstract close(): Promise<void>;
}
