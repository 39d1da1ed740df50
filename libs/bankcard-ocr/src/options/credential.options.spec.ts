import { createSecretKey, KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { Problem } from '../errors/configuration-error.js';
import { SecretText } from '../runtime/secret-text.js';
import { NAME_A_TICKET_STORE, readStoreEncryptionKey, readTicketStoreLocation } from './credential.options.js';

/** In both languages: neither may repeat a password. */
function refusalOf(text: string): string {
  const refusal = readTicketStoreLocation(text);
  if (refusal instanceof Problem) return `${refusal.en} | ${refusal.zh}`;
  throw new Error(`was accepted: ${inspect(refusal)}`);
}

describe('the place of the credentials', () => {
  it.each(['memory:', 'memory', ' memory: '])('%j is this process', (text) => {
    expect(readTicketStoreLocation(text)).toEqual({ kind: 'memory' });
  });

  it.each([
    ['file:/var/lib/my-app/tickets', '/var/lib/my-app/tickets'],
    ['file:///var/lib/my-app/tickets', '/var/lib/my-app/tickets'],
    ['file://localhost/var/lib/tickets', '/var/lib/tickets'],
    ['file:///var/lib/with%20space', '/var/lib/with space'],
    ['file:/var/lib/with space', '/var/lib/with space'],
    ['file:tickets', resolve('tickets')],
    ['file:./a/../tickets/', resolve('tickets')],
    [' file:/tickets ', '/tickets'],
  ])('%j is the directory %s', (text, directory) => {
    expect(readTicketStoreLocation(text)).toEqual({ kind: 'file', directory });
  });

  it.each(['file:', 'file://', 'file:///', ' file: '])('%j names no directory', (text) => {
    expect(refusalOf(text)).toMatch(/^names no directory of this machine: write file:/);
  });

  it('advises a directory that any user can make', () => {
    for (const text of ['file:', 'tickets']) {
      const refusal = refusalOf(text);
      expect(refusal.match(/file:\.\/\.tickets/g)).toHaveLength(2);
      expect(refusal).not.toMatch(/file:\/[a-z]/);
    }
  });

  it.each(['file://other-host/tickets', 'file://tickets', 'file:///%zz', 'file:///a%2fb'])(
    '%j is no directory of this machine',
    (text) => {
      expect(refusalOf(text)).toMatch(/^names no directory of this machine: write file:/);
    },
  );

  it.each(['postgres://pa55word', '/var/lib/pa55word', 'pa55word', '', 'memory:pa55word'])(
    '%j is a kind that there is not, and is not repeated',
    (text) => {
      const refusal = refusalOf(text);
      expect(refusal).toMatch(
        /^is not a supported kind of store.*'file:\.\/\.tickets'.*'redis:\/\/host:6379\/0'.*'memory:'/,
      );
      expect(refusal).not.toContain('pa55word');
    },
  );

  it.each([
    'redis://:pa55word@redis.example:6379/0',
    'rediss://user:pa55word@redis.example',
    ' redis://redis.example/15 ',
  ])('%j is a Redis server, and cannot be printed', (text) => {
    const location = readTicketStoreLocation(text);
    expect(location).toEqual({ kind: 'redis', url: expect.any(SecretText) });
    expect((location as { url: SecretText }).url.reveal()).toBe(text.trim());
    expect(inspect(location, { depth: 9, showHidden: true }) + JSON.stringify(location)).not.toContain('pa55word');
  });

  it.each([
    ['redis:', /^is not a Redis URL: write redis:/],
    ['redis://', /^is not a Redis URL: write redis:/],
    ['redis://:pa55word@host:port', /^is not a Redis URL: write redis:/],
    ['redis://:pa55word@host/first', /^is not a Redis URL: .*a number for the database/],
    ['redis://host/0/pa55word', /^is not a Redis URL: .*a number for the database/],
    ['redis://host/0?password=pa55word', /^is not a Redis URL: .*without a query or a fragment/],
    ['redis://host/0#pa55word', /^is not a Redis URL: .*without a query or a fragment/],
  ])('%j is no Redis URL, and is not repeated', (text, refusal) => {
    expect(refusalOf(text)).toMatch(refusal);
    expect(refusalOf(text)).not.toContain('pa55word');
  });

  it('says, when it is missing, what happens without it and what to write in each situation', () => {
    expect(NAME_A_TICKET_STORE.en).toMatch(/a minute after/);
    for (const kind of ["'file:./.tickets'", "'redis://", "'memory:'"]) {
      expect(NAME_A_TICKET_STORE.en).toContain(kind);
      expect(NAME_A_TICKET_STORE.zh).toContain(kind);
    }
  });
});

const BYTES = Buffer.from('canary0canary0canary0canary0cana');
const HEX = BYTES.toString('hex');
const BASE64 = BYTES.toString('base64');

describe('a store key', () => {
  it.each([
    ['hexadecimal', HEX],
    ['upper case', HEX.toUpperCase()],
    ['Base64', BASE64],
    ['Base64 without its end', BASE64.replace('=', '')],
    ['white space around it', ` ${BASE64}\n`],
  ])('is read from %s', (_how, text) => {
    const key = readStoreEncryptionKey(text);
    expect(key).toBeInstanceOf(KeyObject);
    expect((key as KeyObject).equals(createSecretKey(BYTES))).toBe(true);
  });

  it('is read from the Base64 of URLs as well', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    expect(bytes.toString('base64url')).toMatch(/[-_]/);
    expect((readStoreEncryptionKey(bytes.toString('base64url')) as KeyObject).equals(createSecretKey(bytes))).toBe(
      true,
    );
  });

  it.each([
    '',
    'canary',
    HEX.slice(1),
    `${HEX}0`,
    `${HEX.slice(0, -1)}g`,
    BASE64.slice(2),
    `${BASE64}A`,
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    `${BASE64.slice(0, 20)} ${BASE64.slice(20)}`,
    undefined,
    null,
    5,
    BYTES,
  ])('is not %j: the sentence says how to make one, and repeats nothing', (text) => {
    const wrong = readStoreEncryptionKey(text);
    expect(wrong).toMatchObject({ en: expect.stringMatching(/^must be 32 random bytes.*openssl rand/) });
    expect(inspect(wrong)).not.toContain('canary');
  });

  it('cannot be printed', () => {
    const key = readStoreEncryptionKey(HEX);
    expect(inspect(key, { depth: Infinity, showHidden: true }) + JSON.stringify(key)).not.toMatch(
      /canary|63616e617279/,
    );
  });
});
