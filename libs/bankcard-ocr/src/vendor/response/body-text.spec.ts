import { bodyText } from './json-response.js';

/** 不合法请求 and 请求成功, as GBK writes them. */
const ILLEGAL = Buffer.from('b2bbbacfb7a8c7ebc7f3', 'hex');
const SUCCESS = Buffer.from('c7ebc7f3b3c9b9a6', 'hex');
const inJson = (message: Buffer) => Buffer.concat([Buffer.from('{"code":"1","msg":"'), message, Buffer.from('"}')]);
const withMessage = (message: string) => `{"code":"1","msg":"${message}"}`;

describe('a body', () => {
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
