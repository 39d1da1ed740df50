import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** How much of an upload is read, and for how long, after it was refused. */
export interface RestLimits {
  readonly bytes: number;
  readonly ms: number;
}

/** A camera's photo over a good line. */
const DEFAULT_LIMITS: RestLimits = { bytes: 16 * 1024 * 1024, ms: 1_000 };

/**
 * Read what is left of an upload and throw it away, within limits: some clients read no response before they have sent
 * everything, others never stop sending.
 *
 * @returns whether all of it was read; if not, the response has to close the connection
 */
export async function readRest(upload: Readable, limits: RestLimits = DEFAULT_LIMITS): Promise<boolean> {
  upload.unpipe();
  if (upload.readableEnded || upload.destroyed) return upload.readableEnded;
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), limits.ms);
  let bytes = 0;
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes > limits.bytes) enough.abort();
  };
  upload.on('data', count).resume();
  try {
    await finished(upload, { signal: enough.signal });
  } catch {
    upload.pause();
  } finally {
    clearTimeout(timer);
    upload.off('data', count);
  }
  return upload.readableEnded;
}
