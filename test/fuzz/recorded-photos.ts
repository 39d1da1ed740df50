import assert from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import type { PhotoKind } from '../../libs/bankcard-ocr/src/card/card-photo.js';
import type { PhotoTarget, PhotoTargets } from '../../libs/bankcard-ocr/src/vendor/response/photo-buffers.js';
import type { Random } from './random.js';

/** Takes photos down, and watches that they are told of as promised (photo-target.ts). */
export class RecordedPhotos implements PhotoTargets {
  readonly photos = new Map<PhotoKind, Buffer | 'damaged'>();
  readonly #opened = new Set<PhotoKind>();
  #isHeld = false;

  /** @param random undefined for targets that never let anybody wait */
  constructor(private readonly random?: Random) {}

  /** Whether any photo got to the decoder. */
  get anyOpened(): boolean {
    return this.#opened.size > 0;
  }

  open(kind: PhotoKind, mostBytes = Number.POSITIVE_INFINITY): PhotoTarget {
    assert(!this.#opened.has(kind), `${kind} is opened twice`);
    this.#opened.add(kind);
    const pieces: Buffer[] = [];
    let size = 0;
    const told = () => {
      assert(!this.#isHeld, 'a target is not waited for');
      assert(!this.photos.has(kind), 'a target is told of something when it is over');
    };
    return {
      write: (bytes) => {
        told();
        const piece = Buffer.from(bytes);
        pieces.push(piece);
        assert(bytes.length > 0, 'nothing is written');
        assert((size += bytes.length) <= mostBytes, 'a photo is larger than it could be');
        return this.#hold(() => assert(piece.equals(bytes), 'bytes change while their target holds them'));
      },
      end: () => {
        told();
        this.photos.set(kind, Buffer.concat(pieces));
        return this.#hold(() => undefined);
      },
      damaged: () => {
        told();
        this.photos.set(kind, 'damaged');
      },
    };
  }

  #hold(check: () => void): Promise<void> | undefined {
    if (!this.random || this.random.once(2)) return undefined;
    this.#isHeld = true;
    return (this.random.once(2) ? Promise.resolve() : setImmediate()).then(() => {
      this.#isHeld = false;
      check();
    });
  }
}
