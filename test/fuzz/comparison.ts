import { isDeepStrictEqual } from 'node:util';
import { ResultResponseReader } from '../../libs/bankcard-ocr/src/vendor/response/incremental/result-response.reader.js';
import { InvalidResponseError } from '../../libs/bankcard-ocr/src/vendor/response/json-response.js';
import { Random } from './random.js';
import { RecordedPhotos } from './recorded-photos.js';
import { type Reading, readAtLeisure } from './reference.reader.js';

/** One body, and how it is handed over. */
export interface Case {
  readonly body: Buffer;
  /** The lengths of the chunks, again and again. */
  readonly chunkLengths: readonly number[];
  /** Whether photos go where they have to wait, and the length of the body is told before. */
  readonly isHeldUp: boolean;
}

/** What came of a case. */
export interface Comparison {
  /** Whether a photo got to the decoder. */
  readonly reached: boolean;
  readonly isAnswer: boolean;
  /** What the reader did wrong; undefined when it read what the reference read. */
  readonly fault: string | undefined;
}

/** The second byte of a GBK character may be a backslash that escapes nothing: the reference goes by bytes, and refuses it. */
const GBK_BACKSLASH = /[\x81-\xfe]\\/;

/** Read a body both ways: as it comes in, and at leisure. */
export async function compare({ body, chunkLengths, isHeldUp }: Case): Promise<Comparison> {
  const expected = readAtLeisure(body);
  const targets = new RecordedPhotos(isHeldUp ? new Random(body.length) : undefined);
  const reader = new ResultResponseReader(targets);
  const told = (fault?: string) => ({ reached: targets.anyOpened, isAnswer: expected !== undefined, fault });
  try {
    if (isHeldUp) reader.expect(body.length);
    let at = 0;
    for (let turn = 0; at < body.length; turn += 1) {
      const chunk = body.subarray(at, (at += chunkLengths[turn % chunkLengths.length] ?? 1));
      const held = reader.write(chunk);
      if (held) await held;
    }
    const json = reader.end();
    if (!expected)
      return told(GBK_BACKSLASH.test(body.toString('latin1')) ? undefined : 'it is no answer, but was read');
    if (!isDeepStrictEqual(json, expected.json)) return told('the rest of the answer is another one');
    return told(difference(expected.photos, targets.photos) ?? difference(expected.photos, reader.arrivals));
  } catch (error) {
    if (!(error instanceof InvalidResponseError)) return told(`an error of another kind: ${String(error)}`);
    return told(expected ? `it is an answer, but was refused: ${error.message}` : undefined);
  }
}

function difference(
  expected: Reading['photos'],
  read: ReadonlyMap<string, Buffer | 'damaged' | 'whole'>,
): string | undefined {
  if (expected.size !== read.size) return `${read.size} photos instead of ${expected.size}`;
  for (const [kind, photo] of expected) {
    const other = read.get(kind);
    const isSame = photo === 'damaged' ? other === 'damaged' : other === 'whole' || isSamePhoto(photo, other);
    if (!isSame) return `the photo ${kind} is another one`;
  }
  return undefined;
}

function isSamePhoto(photo: Buffer, other: Buffer | string | undefined): boolean {
  return Buffer.isBuffer(other) && photo.equals(other);
}
