import { AnswerText, type Span } from './answer-text.js';
import type { Random } from './random.js';

/** An answer that is in order, and where its photos stand. */
export interface ValidAnswer {
  readonly body: Buffer;
  readonly photos: readonly Span[];
  readonly members: readonly Span[];
}

const PHOTOS = ['originBankcardPhoto', 'orginBankcardPhoto', 'bankcardCropPhoto', 'bankcardNoPhoto', 'BANKCARDNOPHOTO'];
const TEXTS = ['', '0', '请求成功', '银行卡😀\ud83d', 'a"b\\c/d\n', 'result', 'bankcardNoPhoto', '\u0000\u001f', '{"'];
/** Photos where nobody looks for them. */
const ELSEWHERE = [
  { bankcardNoPhoto: 'AAAA' },
  [{ bankcardCropPhoto: 'A' }],
  [[['bankcardNoPhoto']], {}],
  { result: {} },
];
const NO_TEXTS = [null, 5, -1.5e3, true, false, {}, [], ...ELSEWHERE];

type Member = readonly [key: string, writeValue: () => void];

/** Make an answer with photos, nearly always; no two are alike. */
export function validAnswer(random: Random): ValidAnswer {
  const text = new AnswerText(random);
  const photos = (most: number): Member[] => {
    const keys = random.shuffled(PHOTOS).slice(0, random.below(most + 1));
    return keys.map((key) => [key, () => writePhoto(random, text)]);
  };
  const unknown = (): Member[] => {
    const keys = random.shuffled(['msg', 'bankcardNoPhoto2', '__proto__', '键', 'a"\\']).slice(0, random.below(4));
    return keys.map((key) => [key, () => writeAnything(random, text)]);
  };
  const others: Member[] = [...photos(3), ...unknown()].filter(([key]) => key !== 'bankcardNoPhoto');
  const nested = random.shuffled<Member>([...others, ['bankcardNoPhoto', () => writePhoto(random, text)]]);
  const writeCode = () => text.json(random.pick(['0', 0, '66660020']));
  const top = random.shuffled<Member>([
    ['code', writeCode],
    ...(random.once(4) ? photos(2) : []),
    ...unknown(),
    ['result', () => (random.once(60) ? writeAnything(random, text) : text.object(nested))],
  ]);
  text.object(top);
  return { body: text.body, photos: text.photos, members: text.members };
}

function writePhoto(random: Random, text: AnswerText): void {
  const kind = random.below(40);
  if (kind === 0) text.json(random.pick(NO_TEXTS));
  else if (kind === 1) text.photo('');
  else text.photo(spelled(random, photoBytes(random)));
}

/** Small ones, because there are so many; some longer than a piece of the decoder. */
function photoBytes(random: Random): Buffer {
  if (!random.once(1_000)) return random.bytes(1 + random.below(random.once(5) ? 90 : 15));
  return Buffer.alloc(40_000 + random.below(60_000), random.bytes(4_099));
}

function spelled(random: Random, bytes: Buffer): string {
  let text = bytes.toString(random.once(6) ? 'base64url' : 'base64');
  if (random.once(6)) text = text.replace(/=+$/, '');
  const lineLength = random.once(4) ? random.pick([1, 4, 6, 76]) : 0;
  const lineBreak = random.pick(['\r\n', '\n', '\r']);
  if (lineLength > 0) text = text.replace(new RegExp(`.{${lineLength}}`, 'g'), `$&${lineBreak}`);
  return text;
}

function writeAnything(random: Random, text: AnswerText): void {
  if (random.once(2)) text.string(random.pick(TEXTS));
  else text.json(random.pick(NO_TEXTS));
}
