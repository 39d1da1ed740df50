import type { RequestListener } from 'node:http';
import * as zlib from 'node:zlib';
import { codingOf } from './response-body.js';
import { lineForEachTest } from './test-line.test-support.js';
import { faultOf, send, TRANSPORT_KINDS } from './test-vendor.test-support.js';

const { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } = zlib;

const OK = '{"code":"0","msg":"请求成功","transactionTime":"20260101120000"}';
const LARGE = JSON.stringify({ code: '0', text: Array.from({ length: 5_000 }, (_, index) => index).join() });
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
const plain = Buffer.from(OK);
/** A dynamic block, as every longer text has it. */
const large = {
  gzip: gzipSync(LARGE),
  deflate: deflateSync(LARGE),
  raw: deflateRawSync(LARGE),
  br: brotliCompressSync(LARGE),
};
const withGarbage = (body: Buffer): Buffer => Buffer.concat([body, Buffer.from('\r\n<!-- served by a gateway -->')]);
const withoutCheckSum = gzipSync(OK).subarray(0, -8);
const storedRaw = deflateRawSync(OK, { level: 0 });

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  const line = lineForEachTest(kind);

  const bodyIn = (
    encoding: string | string[] | undefined,
    body: Buffer,
    pieceLength = body.length,
  ): RequestListener => {
    return (_request, response) => {
      if (encoding !== undefined) response.setHeader('content-encoding', encoding);
      const next = (at: number): void => {
        if (at >= body.length) response.end();
        else response.write(body.subarray(at, at + pieceLength), () => setImmediate(next, at + pieceLength));
      };
      next(0);
    };
  };

  describe.each<[header: string | string[] | undefined, what: string, body: Buffer]>([
    ['gzip', 'gzip', gzipSync(OK)],
    ['x-gzip', 'gzip', gzipSync(OK)],
    [' GZIP ', 'gzip', gzipSync(OK)],
    ['deflate', 'deflate with the header of zlib', deflateSync(OK)],
    ['deflate', 'deflate with the header of zlib, uncompressed', deflateSync(OK, { level: 0 })],
    ['deflate', 'deflate with the header of zlib, fast', deflateSync(OK, { level: 1 })],
    ['deflate', 'deflate without that header', deflateRawSync(OK)],
    ['deflate', 'deflate without that header, uncompressed', storedRaw],
    [
      'deflate',
      'deflate without that header, in Huffman codes only',
      deflateRawSync(OK, { strategy: zlib.constants.Z_HUFFMAN_ONLY }),
    ],
    ['x-deflate', 'deflate without that header', deflateRawSync(OK)],
    ['deflate', 'gzip', gzipSync(OK)],
    ['gzip', 'deflate', deflateSync(OK)],
    ['br', 'Brotli', brotliCompressSync(OK)],
    ['br', 'gzip', gzipSync(OK)],
    ['identity', 'nothing', plain],
    ['', 'nothing', plain],
    [',', 'nothing', plain],
    ['none', 'nothing', plain],
    ['utf-8', 'nothing', plain],
    ['UTF8', 'nothing', plain],
    ['binary', 'nothing', plain],
    ['constructor', 'nothing', plain],
    ['zstd-of-tomorrow', 'nothing', plain],
    ['aws-chunked', 'nothing', plain],
    ['gzip', 'nothing', plain],
    ['deflate', 'nothing', plain],
    ['br', 'nothing', plain],
    ['zstd', 'nothing', plain],
    ['compress', 'nothing', plain],
    ['gzip', 'nothing, after a byte order mark', Buffer.from(`\ufeff${OK}`)],
    ['gzip', 'nothing, after white space', Buffer.from(` \r\n\t${OK}`)],
    [undefined, 'gzip', gzipSync(OK)],
    ['identity', 'gzip', gzipSync(OK)],
    ['utf-8', 'gzip', gzipSync(OK)],
    [undefined, 'deflate', deflateSync(OK)],
    ['gzip, identity', 'gzip', gzipSync(OK)],
    ['identity,gzip', 'gzip', gzipSync(OK)],
    [['gzip', 'identity'], 'gzip', gzipSync(OK)],
    ['gzip, gzip', 'gzip, once', gzipSync(OK)],
    ['gzip', 'gzip with zeros behind it', Buffer.concat([gzipSync(OK), Buffer.alloc(100)])],
    ['deflate', 'deflate with something behind it', withGarbage(deflateSync(OK))],
    ['deflate', 'deflate without header with something behind it', withGarbage(deflateRawSync(OK))],
    ['gzip', 'gzip without its check sum', withoutCheckSum],
    ['gzip', 'gzip in two members', Buffer.concat([gzipSync(OK.slice(0, 9)), gzipSync(OK.slice(9))])],
  ])('an answer whose header says %j, in %s,', (header, _what, body) => {
    it('is read', async () => {
      line.vendor.answer = bodyIn(header, body);
      expect((await send(line.transport)).text.replace(/^\u00ef\u00bb\u00bf|^\s+/, '')).toBe(latin1(OK));
    });

    it('is read when it comes byte by byte', async () => {
      line.vendor.answer = bodyIn(header, body, 1);
      expect((await send(line.transport)).text.replace(/^\u00ef\u00bb\u00bf|^\s+/, '')).toBe(latin1(OK));
    });
  });

  it.each<[string, Buffer]>([
    ['gzip', large.gzip],
    ['deflate', large.deflate],
    ['deflate', large.raw],
    ['br', large.br],
  ])('a larger answer in %s is read', async (header, body) => {
    line.vendor.answer = bodyIn(header, body, 1_000);
    await expect(send(line.transport)).resolves.toMatchObject({ text: LARGE, size: body.length });
  });

  it.each<[string, string, Buffer]>([
    ['deflate', 'noise', Buffer.from('ffd8ffe000104a464946000101000001000100', 'hex')],
    ['br', 'noise', Buffer.from('ffd8ffe000104a464946000101000001000100', 'hex')],
    ['gzip', 'gzip with something else behind it', withGarbage(gzipSync(OK))],
    ['gzip', 'a flawed gzip', Buffer.concat([large.gzip.subarray(0, 500), large.gzip.subarray(600)])],
    ['gzip', 'a gzip whose check sum is wrong', Buffer.concat([withoutCheckSum, Buffer.alloc(8, 1)])],
  ])('an answer whose header says %s, in %s, is a typed error and not garbage', async (encoding, _what, body) => {
    line.vendor.answer = bodyIn(encoding, body);
    const fault = await faultOf(send(line.transport));
    expect(fault).toMatchObject({ code: 'RESPONSE_MALFORMED', maybeCarriedOut: true });
    expect(fault.message).toMatch(/^the response cannot be read: (Z_|ERR_)\w+$/);
  });

  it.each<[string, Buffer]>([
    ['gzip', Buffer.from('ffd8ffe000104a464946000101000001000100', 'hex')],
    ['zstd', Buffer.from('28b52ffd0458110000007b7d28b52ffd', 'hex')],
  ])('an answer in %s that is none is left as it is: it is no JSON', async (header, body) => {
    line.vendor.answer = bodyIn(header, body);
    await expect(send(line.transport)).resolves.toMatchObject({ text: body.toString('latin1') });
  });

  it('text that is no answer is left as it is, whatever coding the header names', async () => {
    for (const header of ['gzip', 'deflate', 'br', 'zstd', 'compress']) {
      line.vendor.answer = bodyIn(header, Buffer.from('<html>502 Bad Gateway</html>'));
      await expect(send(line.transport)).resolves.toMatchObject({ text: '<html>502 Bad Gateway</html>' });
    }
  });

  it('an empty body is empty, whatever coding the header names', async () => {
    for (const header of ['gzip', 'deflate', 'br', 'zstd']) {
      line.vendor.answer = bodyIn(header, Buffer.alloc(0));
      await expect(send(line.transport)).resolves.toMatchObject({ status: 200, text: '' });
    }
  });
});

describe('the first bytes of a body', () => {
  it('are waited for as long as they leave the coding open', () => {
    expect(codingOf(Buffer.from([0x1f]), () => undefined, false)).toBeUndefined();
    expect(codingOf(Buffer.from(' \n'), () => 'gzip', false)).toBeUndefined();
    expect(codingOf(Buffer.from([0xef, 0xbb]), () => 'gzip', false)).toBeUndefined();
    expect(codingOf(Buffer.from(' \n'), () => 'gzip', true)).toBe('plain');
    expect(codingOf(Buffer.from('{'), () => 'gzip', false)).toBe('plain');
  });

  it('tell every coding of every text that begins as an answer does', () => {
    for (let length = 1; length < 200; length += 1) {
      const text = `{"code":"0","msg":"${'x7é'.repeat(length)}"}`;
      for (const level of [0, 1, 6, 9]) {
        expect(codingOf(deflateRawSync(text, { level }), () => 'deflate', true)).toBe('deflate-raw');
        expect(codingOf(deflateSync(text, { level }), () => undefined, true)).toBe('deflate');
      }
      expect(codingOf(brotliCompressSync(text), () => 'br', true)).toBe('br');
    }
  });
});
