import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** One way to keep orders as evidence: result and photos, fetched from the vendor, encrypted, durable. */
export interface Keeper {
  keep(orderNo: string): Promise<unknown>;
  close(): Promise<void>;
}

/** `archive` is the library's; `by-hand` is axios, node:crypto, and node:fs or the AWS SDK. */
export type KeeperName = 'archive' | 'by-hand';

/** Where evidence goes. */
export type Place =
  | { readonly kind: 'directory'; readonly folder: string }
  /** `folder` has the keys. */
  | {
      readonly kind: 'bucket';
      readonly folder: string;
      readonly bucket: string;
      readonly prefix: string;
      readonly client: S3ClientConfig;
    };

/** Make a keeper; what the other one needs is not even loaded. */
export async function createKeeper(name: KeeperName, place: Place): Promise<Keeper> {
  if (name === 'archive') return (await import('./archive.keeper.js')).createArchiveKeeper(place);
  return (await import('./by-hand.keeper.js')).createByHandKeeper(place);
}
