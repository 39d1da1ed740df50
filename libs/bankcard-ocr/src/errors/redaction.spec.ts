import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { maskAppId, redactVendorText } from './redaction.js';

const SECRET = 'hB3!x~Zq+9/kLm=(7)*pW2';
const SIGNATURE = createHash('sha1').update('any').digest('hex');
const PAN = '6222021234567890128';

describe('the secrets that we sent', () => {
  it.each<[string, string]>([
    ['as they are', SECRET],
    ['in lower case', SECRET.toLowerCase()],
    ['in upper case', SECRET.toUpperCase()],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['URL-encoded, lower-case hex', encodeURIComponent(SECRET).replace(/%../g, (hex) => hex.toLowerCase())],
    ['encoded as in our own query string', new URLSearchParams({ s: SECRET }).toString().slice(2)],
    ['in Base64', Buffer.from(SECRET).toString('base64')],
    ['in Base64 without padding', Buffer.from(SECRET).toString('base64').replace(/=+$/, '')],
  ])('are removed %s', (_spelling, text) => {
    const safe = redactVendorText(`bad value [${text}] and again: ${text}`, [SECRET]);
    expect(safe).toBe('bad value [[redacted]] and again: [redacted]');
  });

  it('are removed also when they are regular expressions or empty', () => {
    expect(redactVendorText('a.c abc', ['a.c'])).toBe('[redacted] abc');
    expect(redactVendorText('x(y[z\\', ['(y[z\\'])).toBe('x[redacted]');
    expect(redactVendorText('nothing', [''])).toBe('nothing');
  });

  it.each([4_700, 4_770, 4_790, 4_799])('leave no piece where a long text is cut (%i)', (before) => {
    const token = randomBytes(48).toString('hex');
    for (const filler of ['A', '\n', '7']) {
      const safe = redactVendorText(`${filler.repeat(before)} ${token} ${PAN}`, [token]);
      expect(safe).not.toContain(token.slice(0, 6));
      expect(safe).not.toContain(PAN.slice(0, 8));
    }
  });
});

describe('what looks like a secret', () => {
  it.each<[string, string]>([
    ['a signature', SIGNATURE.toUpperCase()],
    ['a signature in lower case', SIGNATURE],
    ['a nonce', 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T'],
    ['a ticket', 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS'],
    ['a token', randomBytes(68).toString('base64url').slice(0, 90)],
    ['a photo in Base64', randomBytes(3_000).toString('base64')],
    ['Base64 with padding', Buffer.from('thirty-two bytes of something!!!').toString('base64')],
  ])('is removed: %s', (_what, text) => {
    const safe = redactVendorText(`不合法请求: ${text}。`);
    expect(safe).toBe('不合法请求: [redacted]。');
  });

  it('leaves ordinary words, codes and times', () => {
    const text = 'illegal request: order_no bankcardPic5923ab9a3bc34488b51, 400101 at 2021-06-21 17:40:06';
    expect(redactVendorText(text)).toBe(text);
  });
});

describe('card numbers', () => {
  it.each([
    [PAN],
    ['6222 0212 3456 7890 128'],
    ['6222-0212-3456-7890-128'],
    ['6222  0212  3456  7890  128'],
    ['6222\t0212\n3456\r\n7890\u2028128'],
    ['2024 6222 0212 3456 7890 128'],
    ['6222 0212 3456 7890 128 2024'],
    [`0000${PAN}`],
    [`${PAN}00000`],
    [`card${PAN}card`],
    ['411111111111'],
  ])('%j is masked', (text) => {
    const safe = redactVendorText(`card ${text} is bad`);
    expect(safe).toMatch(/^card .*\*\*.* is bad$/);
    // Never more in a row, grouping left out, than the first six and the last four.
    expect(safe.replaceAll(/[^0-9*]/g, '')).toMatch(/^\d{0,6}\*+\d{0,4}$/);
  });

  it('leaves shorter numbers', () => {
    expect(redactVendorText('66660020, 20210621, 12345678901')).toBe('66660020, 20210621, 12345678901');
  });
});

describe('the text', () => {
  it('forges no log line and no terminal colour', () => {
    const safe = redactVendorText('a\r\nERROR forged\u0000\u001b[31mred\u0085b\u2028c\u2029d\u007fe\t');
    expect(safe).toBe('a ERROR forged [31mred b c d e');
  });

  it('does not hide a secret from us behind control characters', () => {
    expect(redactVendorText(`\u0000${SIGNATURE}\n`)).toBe('[redacted]');
  });

  it('is not longer than 300 characters', () => {
    const safe = redactVendorText('很长 '.repeat(100_000));
    expect(safe).toHaveLength(301);
    expect(safe.endsWith('…')).toBe(true);
  });

  it('is made safe in linear time, whatever it is', () => {
    const startedAt = performance.now();
    for (const piece of ['1 ', '1-', '=', 'A', '\u0000', ' ', '1 1 1 1 1 1 1 1 1 1 1 x']) {
      redactVendorText(piece.repeat(1_000_000), [SECRET]);
    }
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('an app id', () => {
  it.each([
    ['IDASANDB', 'IDA***DB'],
    ['TIDA0001', 'TID***01'],
    ['1234567', '***'],
    ['', '***'],
  ])('%j is shown as %j', (appId, masked) => {
    expect(maskAppId(appId)).toBe(masked);
    expect(inspect(masked)).not.toContain('SAN');
  });
});

describe('a card number in Base64', () => {
  it.each(['6222021234567890128', '6222 0212 3456 7890', '622202123456'])('is removed: %s', (card) => {
    const encoded = Buffer.from(card).toString('base64');
    expect(redactVendorText(`card ${encoded} refused`)).toBe('card [redacted] refused');
  });

  it('is not mistaken for an order number', () => {
    expect(redactVendorText('order bankcardPic5923ab9a3bc34488b51')).toBe('order bankcardPic5923ab9a3bc34488b51');
  });
});
