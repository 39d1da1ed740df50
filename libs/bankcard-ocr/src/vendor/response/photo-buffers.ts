import { CardPhoto, type PhotoKind } from '../../card/card-photo.js';

/** The room for a photo of which nothing is known; doubled when it is full. */
const FIRST_ROOM = 128 * 1024;

/** With the length of the response known, a photo is written where it stays; untouched room costs no memory. */
export class PhotoBuffers implements PhotoTargets {
  readonly photos = new Map<PhotoKind, CardPhoto>();
  /** A room that the photo before was too small for. */
  #spare: Buffer | undefined;

  open(kind: PhotoKind, mostBytes: number | undefined): PhotoTarget {
    let room = this.#spare ?? Buffer.allocUnsafeSlow(mostBytes ?? FIRST_ROOM);
    let size = 0;
    this.#spare = undefined;
    return {
      room: (bytes) => {
        if (size + bytes > room.length) room = enlarged(room, size, size + bytes);
        return room.subarray(size);
      },
      write: (bytes) => {
        size += bytes.length;
        return undefined;
      },
      end: () => {
        this.photos.set(kind, new CardPhoto(kind, this.#keep(room, size)));
        return undefined;
      },
      damaged: () => {
        this.#spare = room;
      },
    };
  }

  #keep(room: Buffer, size: number): Buffer {
    if (size * 2 > room.length) return room.subarray(0, size);
    this.#spare = room;
    const own = Buffer.allocUnsafeSlow(size);
    room.copy(own, 0, 0, size);
    return own;
  }
}

function enlarged(room: Buffer, size: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(room.length * 2, needed));
  room.copy(larger, 0, 0, size);
  return larger;
}

/** Takes the decoded bytes of one photo as they arrive. */
export interface PhotoTarget {
  /** Where the next so many bytes go before {@link write} tells how many they are; without it they come from elsewhere. */
  room?(bytes: number): Buffer;
  /** @param bytes good only until the returned promise, if there is one, is settled. @returns when more is wanted */
  write(bytes: Buffer): Promise<void> | undefined;
  /** All bytes have come. The promise is waited for as that of {@link write} is. */
  end(): Promise<void> | undefined;
  /** The text turned out not to be Base64: what came before is not a photo. */
  damaged(): void;
}

/** Where the photos of one response go; for a sibling product, its files by the names of their fields. */
export interface PhotoTargets<Kind extends string = PhotoKind> {
  /** Called once at most for each kind. @param mostBytes the photo cannot be larger, when that is known */
  open(kind: Kind, mostBytes: number | undefined): PhotoTarget;
}

/** Discards photos that were not requested. */
export const NOWHERE = {
  open: (): PhotoTarget => ({ write: () => undefined, end: () => undefined, damaged: () => undefined }),
} satisfies PhotoTargets;

export type PhotoArrivals = ReadonlyMap<PhotoKind, 'whole' | 'damaged'>;
