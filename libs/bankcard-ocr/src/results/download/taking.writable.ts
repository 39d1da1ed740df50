import { Writable } from 'node:stream';
import { callbackify } from 'node:util';

/**
 * A Writable of this library that is done with its bytes as soon as they are written to it. Of any other one nobody knows how
 * long it keeps them, so that they are copied for it.
 */
export class TakingWritable extends Writable {
  /** @param take keeps nothing of the bytes */
  constructor(take: (bytes: Buffer) => void, finish: () => Promise<void> = () => Promise.resolve()) {
    super({
      // Nothing ever waits in it: without this, Node.js 22 and later ask for a pause after a large piece.
      highWaterMark: Number.MAX_SAFE_INTEGER,
      write: (bytes: Buffer, _encoding, done) => {
        take(bytes);
        done();
      },
      final: callbackify(finish),
    });
  }
}
