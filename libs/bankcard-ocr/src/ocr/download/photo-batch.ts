import type { Writable } from 'node:stream';
import type { PhotoKind } from '../../card/card-photo.js';
import type { PhotoMeta, PhotoSink } from './photo-sink.js';

/** Where the photos of one attempt go. */
export interface PhotoBatch {
  open(kind: PhotoKind, meta: PhotoMeta): Writable | Promise<Writable>;
  /**
   * The answer is good: keep these photos, which have been written whole, and nothing else.
   *
   * @returns where they are, if they are files
   */
  commit(kinds: readonly PhotoKind[]): Promise<ReadonlyMap<PhotoKind, string>>;
  /** Leave nothing; does nothing about photos that were kept. Every Writable has been destroyed or has finished. */
  discard(): Promise<void>;
}

/** The application's own sink: what becomes of its Writables is for the application. */
export function sinkBatch(sink: PhotoSink): PhotoBatch {
  return {
    open: sink,
    commit: async () => new Map(),
    discard: async () => undefined,
  };
}
