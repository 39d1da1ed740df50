import type { KeyObject } from 'node:crypto';
import { RecordSeal, withoutSealed } from '../../credentials/ticket-record.codec.js';
import { secretFingerprint } from '../../credentials/secret-fingerprint.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';

/** How what is stored fits the keys of the environment. */
export interface StoredState {
  /** The record as this process can use it: what it cannot open is left out. */
  readonly usable: TicketRecord;
  /** Undefined when no generation is stored. */
  readonly isSealed: boolean | undefined;
  /** A generation is stored that the store key of the environment, or its absence, does not fit. */
  readonly isUnusable: boolean;
  readonly madeWithOtherSecret: boolean;
}

/** Compare a record with the app secret and the store key of the environment. */
export function stateOf(
  record: TicketRecord,
  {
    appId,
    secret,
    storeEncryptionKey,
  }: { readonly appId: string; readonly secret: string; readonly storeEncryptionKey?: KeyObject },
): StoredState {
  const usable = storeEncryptionKey ? new RecordSeal(storeEncryptionKey, appId).open(record) : withoutSealed(record);
  return {
    usable,
    isSealed: record.current && withoutSealed(record).current === undefined,
    isUnusable: record.current !== undefined && usable.current === undefined,
    madeWithOtherSecret: record.secretFingerprint !== secretFingerprint(appId, secret),
  };
}
