import { createHmac, hkdfSync } from 'node:crypto';
import type { ArchiveJob, QueuedOrder } from './archive-queue.js';
import type { ExpectedOrder } from './expected-orders.js';
import { KEY_BYTES, seal, unseal } from './sealing.js';

/** Orders as a queue may see them: encrypted with a key of the archive, under a keyed hash. */
export class QueuedOrders {
  readonly #key: Buffer;
  /** Whose orders they are: an archive on another place, or of another app id, has another one. */
  readonly scope: string;

  /** @param indexKey of the archive, as on every machine that shares its keys; @param owner the archive */
  constructor(indexKey: Buffer, owner: string) {
    this.#key = Buffer.from(hkdfSync('sha256', indexKey, '', 'archive queue', KEY_BYTES));
    this.scope = createHmac('sha256', this.#key).update(`queue ${owner}`).digest('hex').slice(0, 16);
  }

  /** @param id the reference of the order in the archive */
  seal({ orderNo, recognizedAt, retentionClass }: ExpectedOrder, id: string): QueuedOrder {
    const text = JSON.stringify({ orderNo, ...(retentionClass !== undefined && { retentionClass }) });
    return { id, data: seal(this.#key, contextOf(id), Buffer.from(text)).toString('base64'), recognizedAt };
  }

  /** @throws an error when it was changed, or sealed with another key */
  open({ id, data, recognizedAt }: Pick<ArchiveJob, 'id' | 'data' | 'recognizedAt'>): ExpectedOrder {
    const text = unseal(this.#key, contextOf(id), Buffer.from(data, 'base64')).toString();
    return { ...(JSON.parse(text) as Omit<ExpectedOrder, 'recognizedAt'>), recognizedAt };
  }
}

function contextOf(id: string): string {
  return `queued order|${id}`;
}
