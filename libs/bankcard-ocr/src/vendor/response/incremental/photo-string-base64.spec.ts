import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Base64Text, LONGEST_PIECE } from './photo-string.js';

/** What a target was told, in order. */
async function decode(pieces: readonly string[]): Promise<{ bytes: Buffer; told: string }> {
  const bytes: Buffer[] = [];
  let told = '';
  const text = new Base64Text({
    async write(piece) {
      await setImmediate();
      bytes.push(Buffer.from(piece));
    },
    async end() {
      await setImmediate();
      told += 'end ';
    },
    damaged: () => (told += 'damaged '),
  });
  for (const piece of pieces) await text.write(piece);
  await text.end();
  expect(text.damaged).toBe(told.includes('damaged'));
  return { bytes: Buffer.concat(bytes), told: told.trimEnd() };
}

function* waysToCut(text: string): Generator<readonly string[]> {
  yield [...text];
  for (let at = 0; at <= text.length; at += 1) yield [text.slice(0, at), text.slice(at)];
}

describe('Base64 in pieces', () => {
  it.each<[text: string, hex: string]>([
    ['AQIDBAUG', '010203040506'],
    ['AQIDBA==', '01020304'],
    ['AQIDBA=', '01020304'],
    ['AQIDBA', '01020304'],
    ['AQIDBAU=', '0102030405'],
    ['AQIDBAU', '0102030405'],
    ['AQID=', '010203'],
    ['+/-_AA', 'fbffbf00'],
    ['\nAQID\r\nBAUG\r', '010203040506'],
    ['A\nQ\rI\r\nD\n\nB\nA=\n=\n', '01020304'],
  ])('is decoded: %j', async (text, hex) => {
    for (const pieces of waysToCut(text)) {
      expect(await decode(pieces)).toEqual({ bytes: Buffer.from(hex, 'hex'), told: 'end' });
    }
  });

  it.each([
    '!',
    '=',
    '==',
    '\n',
    'A',
    'A=',
    'A===',
    'AAAAA',
    'AAAAA==',
    'AA===',
    'AA==A',
    'AA==AA==',
    'AA==AAAA',
    'AA=A',
    'AAAA!',
    'AAAA!AAA',
    'AAA!AAAA',
    'AA AA',
    'AAAA\u00ff',
    'AAAA\0AAAA',
    'data:image/jpeg;base64,AAAA',
  ])('is damaged, and its target is told so once: %j', async (text) => {
    for (const pieces of waysToCut(text)) expect((await decode(pieces)).told).toBe('damaged');
  });

  it('is as long as it may be in one piece', async () => {
    const bytes = randomBytes(3 * LONGEST_PIECE);
    const text = `A${bytes.toString('base64')}`;
    const pieces = ['A', ...(text.slice(1).match(new RegExp(`.{1,${LONGEST_PIECE}}`, 'g')) ?? [])];
    expect((await decode(pieces.slice(1))).bytes.equals(bytes)).toBe(true);
    expect((await decode([...pieces, 'AAA'])).bytes.equals(Buffer.from(`${text}AAA`, 'base64'))).toBe(true);
  });
});

describe('the memory that Base64 is decoded into', () => {
  const holding = (held: Buffer[]) => {
    let release: () => void = () => undefined;
    const text = new Base64Text({
      write: (piece) => {
        held.push(piece);
        return new Promise((resolve) => (release = resolve));
      },
      end: () => undefined,
      damaged: () => undefined,
    });
    return { text, release: () => release() };
  };

  it('is that of a photo alone while its target has not taken the last piece', async () => {
    const held: Buffer[] = [];
    const photos = [holding(held), holding(held)];
    const writes = photos.map(async ({ text }, index) => text.write('AQID'.repeat(index + 1)));
    expect(held.map((piece) => piece.toString('hex'))).toEqual(['010203', '010203010203']);
    expect(held[0]?.buffer).not.toBe(held[1]?.buffer);
    for (const { release } of photos) release();
    await Promise.all(writes);
    for (const { text } of photos) await text.end();
  });

  it('is used again for the photos that follow', async () => {
    const used: ArrayBufferLike[] = [];
    for (const piece of ['AQID', 'BAUG']) {
      const text = new Base64Text({
        write: ({ buffer }) => void used.push(buffer),
        end: () => undefined,
        damaged: () => undefined,
      });
      await text.write(piece);
      await text.end();
    }
    expect(used[0]).toBe(used[1]);
  });
});
