import { inspect } from 'node:util';
import { bodyText, codeOf, isJsonObject, InvalidResponseError, readJsonResponse } from './json-response.js';

/** `{"code":"0","msg":"请求成功"}` in GBK: the two bytes of a character are no UTF-8. */
const GBK = Buffer.concat([
  Buffer.from('{"code":"0","msg":"'),
  Buffer.from([0xc7, 0xeb, 0xc7, 0xf3, 0xb3, 0xc9, 0xb9, 0xa6]),
  Buffer.from('"}'),
]);
const UTF_16 = Buffer.from('\ufeff{"code":"0"}', 'utf16le');

describe('a body that is an answer', () => {
  it.each<[string, Buffer | string]>([
    ['plain', '{"code":"0","msg":"请求成功"}'],
    ['with a byte order mark', '\ufeff{"code":"0","msg":"请求成功"}'],
    ['with white space around it', ' \r\n{"code":"0","msg":"请求成功"}\r\n '],
    ['with escapes', '{"code":"0","msg":"\\u8bf7\\u6c42\\u6210\\u529f"}'],
  ])('is read %s', (_how, body) => {
    expect(readJsonResponse(Buffer.from(body as string))).toEqual({ code: '0', msg: '请求成功' });
  });

  it('is read in GBK, in which gateways write', () => {
    expect(readJsonResponse(GBK)).toEqual({ code: '0', msg: '请求成功' });
  });

  it('keeps its code when its message is in no encoding at all', () => {
    const body = Buffer.concat([
      Buffer.from('{"code":"66660020","msg":"'),
      Buffer.from([0x80, 0xff]),
      Buffer.from('"}'),
    ]);
    expect(codeOf(readJsonResponse(body))).toBe('66660020');
  });

  it('has its order number as a text, digit by digit', () => {
    expect(readJsonResponse(Buffer.from('{"code":0,"orderNo":1984602893847461890}'))).toEqual({
      code: 0,
      orderNo: '1984602893847461890',
    });
  });

  it('may be as deep as it has values', () => {
    const body = Buffer.from(`{"code":"0","a":${'['.repeat(8_000)}${']'.repeat(8_000)}}`);
    expect(codeOf(readJsonResponse(body))).toBe('0');
  });

  it('gives no object another prototype', () => {
    const json = readJsonResponse(Buffer.from('{"__proto__":{"code":"1"},"code":"0"}'));
    expect(json['code']).toBe('0');
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
    expect(() => readJsonResponse(Buffer.from('{"__proto__":{"code":"0"}}'))).toThrow(/without a readable code/);
  });
});

describe('a body that is none', () => {
  it.each<[string, Buffer, RegExp]>([
    ['empty', Buffer.alloc(0), /is empty/],
    ['white space', Buffer.from('  \n'), /is not JSON/],
    ['HTML', Buffer.from('\n <html><body>canary</body></html>'), /is HTML or XML/],
    ['HTML after a byte order mark', Buffer.from('\ufeff<html>canary'), /is HTML or XML/],
    ['cut off', Buffer.from('{"code":"0","canary":"ca'), /is not JSON, or cut off/],
    ['text', Buffer.from('canary'), /is not JSON/],
    ['two answers', Buffer.from('{"code":"0"}{"code":"0"}'), /is not JSON/],
    ['JSONP', Buffer.from('callback({"code":"0"})'), /is not JSON/],
    ['UTF-16', UTF_16, /is not JSON/],
    ['random bytes', Buffer.from([0, 255, 254, 1]), /is not JSON/],
    ['an array', Buffer.from('[{"code":"0"}]'), /is JSON, but not an object/],
    ['null', Buffer.from('null'), /is JSON, but not an object/],
    ['a text in JSON', Buffer.from('"canary"'), /is JSON, but not an object/],
    ['a number', Buffer.from('0'), /is JSON, but not an object/],
    ['without a code', Buffer.from('{"canary":1}'), /without a readable code/],
    ['deeper than any stack', Buffer.from('{"code":'.repeat(200_000)), /more than 262144 bytes/],
    ['deep', Buffer.from(`{"code":"0","a":${'['.repeat(8_192)}${']'.repeat(8_192)}}`), /more than 8192 values/],
    ['long', Buffer.from(`{"code":"0"${',"a":0'.repeat(8_193)}}`), /more than 8192 values/],
    ['long, of empty objects', Buffer.from(`{"code":"0","a":[${'{},'.repeat(5_000)}0]}`), /more than 8192 values/],
    ['large', Buffer.from(`{"code":"0","a":"${'x'.repeat(262_144)}"}`), /more than 262144 bytes besides photos/],
  ])('is told, and nothing of it is kept: %s', (_what, body, message) => {
    let thrown: unknown;
    try {
      readJsonResponse(body);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidResponseError);
    expect((thrown as Error).message).toMatch(message);
    expect(inspect(thrown, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });
});

describe('the code', () => {
  it.each<[unknown, string | undefined]>([
    ['0', '0'],
    [0, '0'],
    [-0, '0'],
    [' 0 ', '0'],
    ['00', '00'],
    [400101, '400101'],
    [-9110, '-9110'],
    ['-1304', '-1304'],
    ['SYSTEM_ERROR', 'SYSTEM_ERROR'],
    ['', undefined],
    ['  ', undefined],
    [null, undefined],
    [undefined, undefined],
    [true, undefined],
    [{}, undefined],
    [['0'], undefined],
    ['a\nforged line', undefined],
    ['x'.repeat(33), undefined],
    ['请求', undefined],
    [NaN, undefined],
  ])('%p is %p', (code, text) => {
    expect(codeOf({ code })).toBe(text);
  });
});

it.each<[unknown, boolean]>([
  [{}, true],
  [[], false],
  [null, false],
  ['{}', false],
  [undefined, false],
])('%p is a JSON object: %p', (value, expected) => {
  expect(isJsonObject(value)).toBe(expected);
});

describe('a code that is shown as it is', () => {
  it.each(['6222021234567890128', 6222021234567890, 'F'.repeat(40), 1.5])(
    'is no card number and no secret: %p',
    (code) => {
      expect(codeOf({ code })).toBeUndefined();
    },
  );
});

/** 不合法请求 and 请求成功, as GBK writes them. */
const ILLEGAL = Buffer.from('b2bbbacfb7a8c7ebc7f3', 'hex');
const SUCCESS = Buffer.from('c7ebc7f3b3c9b9a6', 'hex');
const inJson = (message: Buffer) => Buffer.concat([Buffer.from('{"code":"1","msg":"'), message, Buffer.from('"}')]);
const withMessage = (message: string) => `{"code":"1","msg":"${message}"}`;

describe('the text of a body', () => {
  it.each<[string, Buffer, string]>([
    ['UTF-8', Buffer.from('不合法请求'), '不合法请求'],
    ['GBK', ILLEGAL, '不合法请求'],
    ['GBK, another message', SUCCESS, '请求成功'],
    ['GBK whose last byte is that of a backslash', Buffer.from('d55c', 'hex'), '誠'],
    ['GBK whose last byte is that of a brace', Buffer.from('d57b', 'hex'), '調'],
    ['GB18030 in four bytes', Buffer.from('8139ee39', 'hex'), '㐀'],
    ['UTF-8 that was cut within a character', Buffer.from('不合法请求').subarray(0, 14), '不合法请\ufffd'],
    ['UTF-8 with a stray byte', Buffer.concat([Buffer.from('不合法请求'), Buffer.from([0xff])]), '不合法请求\ufffd'],
    ['no encoding at all', Buffer.from([0x80, 0xff]), '\ufffd\ufffd'],
  ])('is read as what it is: %s', (_what, message, expected) => {
    expect(bodyText(inJson(message))).toBe(withMessage(expected));
  });

  it('loses its byte order mark', () => {
    expect(bodyText(Buffer.from('\ufeff{}'))).toBe('{}');
  });

  it('of plain letters is the same in all of them', () => {
    expect(bodyText(inJson(Buffer.from('ok')))).toBe(withMessage('ok'));
  });
});
