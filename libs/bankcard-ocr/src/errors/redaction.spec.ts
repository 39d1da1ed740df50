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
    for (const text of ['66660020', '12345678901', 'code 1, 2 and 3', '10.0.0.1:443']) {
      expect(redactVendorText(`it is ${text}`)).toBe(`it is ${text}`);
    }
  });
});

describe('the text', () => {
  it('forges no log line and no terminal color', () => {
    const safe = redactVendorText('a\r\nERROR forged\u0000\u001b[31mred\u0085b\u2028c\u2029d\u007fe\t');
    expect(safe).toBe('a ERROR forged red b c d e');
  });

  it('does not hide a secret from us behind control characters', () => {
    expect(redactVendorText(`\u0000${SIGNATURE}\n`)).toBe('[redacted]');
  });

  it('is not longer than 300 characters', () => {
    const safe = redactVendorText('很长 '.repeat(100_000));
    expect(safe).toHaveLength(301);
    expect(safe.endsWith('…')).toBe(true);
  });

  it.each(['1 ', '1-', '=', 'A', '\u0000', ' ', '%25', '&amp;', '<', '\u001b[', '1 1 1 1 1 1 1 1 1 1 1 x'])(
    'may be as long and as odd as it likes: %j a million times',
    (piece) => {
      expect(redactVendorText(piece.repeat(1_000_000), [SECRET]).length).toBeLessThan(400);
    },
  );
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

describe('a card number, however it is spelled', () => {
  const inScript = (zero: number) => PAN.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
  const between = (separator: string) => [...PAN].join(separator);
  const groups = (separator: string) => ['6222', '0212', '3456', '7890', '128'].join(separator);
  const percent = (text: string) =>
    text.replace(/[^]/gu, (one) =>
      encodeURIComponent(one).replace(/^[^%]$/, (plain) => `%${plain.charCodeAt(0).toString(16)}`),
    );

  it.each<[string, string]>([
    ['with dots', groups('.')],
    ['with middle dots', groups('·')],
    ['with slashes', groups('/')],
    ['with backslashes', groups('\\')],
    ['with commas', groups(',')],
    ['with commas and spaces', groups(', ')],
    ['with underscores', groups('_')],
    ['with stars', groups('*')],
    ['with colons', groups(':')],
    ['with bars', groups(' | ')],
    ['with plus signs, as forms encode spaces', groups('+')],
    ['with parentheses', '(6222)(0212)(3456)(7890)(128)'],
    ['with en dashes', groups('–')],
    ['with minus signs', groups('−')],
    ['with non-breaking spaces', groups('\u00a0')],
    ['with narrow spaces', groups('\u202f')],
    ['with ideographic spaces', groups('\u3000')],
    ['with tabs and line ends', '6222\t0212\r\n3456\u20287890\u0085128'],
    ['with zero-width spaces', between('\u200b')],
    ['with word joiners', between('\u2060')],
    ['with soft hyphens', between('\u00ad')],
    ['with byte order marks', groups('\ufeff')],
    ['with marks of direction', groups('\u202e')],
    ['with isolates', groups('\u2066\u2069')],
    ['with variation selectors', between('\ufe0f')],
    ['with the frames of keys', between('\ufe0f\u20e3')],
    ['with fillers', groups('\u3164')],
    ['with strokes through its digits', between('\u0338')],
    ['with colors of a terminal', groups('\u001b[0m')],
    ['with a backspace', groups('\b')],
    ['with half of a pair', groups('\ud800')],
    ['in two parts with words between', '62220212345 then 67890128'],
    ['in two parts, in Chinese', '前11位62220212345后8位67890128'],
    ['in two parts with names', 'first=62220212345&last=67890128'],
    ['in three parts with words between', '622202 and 1234567 and 890128'],
    ['digit by digit', between(' ')],
    ['as a list', `[${between('","')}]`],
    ['full-width', inScript(0xff10)],
    ['full-width, in groups', inScript(0xff10).replace(/(.{4})/g, '$1　')],
    ['in Arabic digits', inScript(0x0660)],
    ['in Persian digits', inScript(0x06f0)],
    ['in Devanagari', inScript(0x0966)],
    ['in Thai', inScript(0x0e50)],
    ['in bold digits', inScript(0x1d7ce)],
    ['in digits of Adlam, above U+FFFF', inScript(0x1e950)],
    ['as superscripts', PAN.replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]!)],
    ['in circles', PAN.replace(/\d/g, (digit) => '⓪①②③④⑤⑥⑦⑧⑨'[Number(digit)]!)],
    [
      'in scripts that take turns',
      PAN.replace(/\d/g, (digit) => (Number(digit) % 2 ? digit : inScript(0xff10)[PAN.indexOf(digit)]!)),
    ],
    ['percent-encoded', percent(PAN)],
    ['percent-encoded twice', percent(percent(PAN))],
    ['percent-encoded in groups', groups('%20')],
    ['percent-encoded, full-width', encodeURIComponent(inScript(0xff10))],
    ['percent-encoded with a byte that is no UTF-8', groups('%A0')],
    ['as entities', PAN.replace(/\d/g, (digit) => `&#${digit.charCodeAt(0)};`)],
    ['as hexadecimal entities', PAN.replace(/\d/g, (digit) => `&#x${digit.charCodeAt(0).toString(16)};`)],
    ['as JSON escapes', PAN.replace(/\d/g, String.raw`\u003$&`)],
    ['as quoted-printable', PAN.replace(/\d/g, '=3$&')],
    ['in hexadecimal', Buffer.from(PAN).toString('hex')],
    ['in hexadecimal with spaces', Buffer.from(PAN).toString('hex').replace(/../g, '$& ')],
    ['in two parts', '62220212345 67890128'],
    ['in two parts with a slash', '62220212345/67890128'],
    ['of 16 digits', '6222.0212.3456.7890'],
    ['of 13 digits', '62220/21234567'],
    ['with a code before it', `400101: ${groups('.')}`],
    ['with a date before it', `20210621 ${groups(' ')}`],
    ['with a time before it', `2021-06-21 17:40:06 ${groups('.')}`],
  ])('is masked: %s', (_spelling, text) => {
    const safe = redactVendorText(`银行卡 ${text} 不合法`);
    expect(safe).toMatch(/^银行卡 .* 不合法$/);
    expect(safe).toMatch(/\*\*|\[redacted\]/);
    // Whatever is left of it: not even a piece of the middle.
    const left = safe.normalize('NFKC').replace(/[^0-9]/g, '');
    expect(left).not.toMatch(/12345|34567|56789|3456.*789|2123/);
  });

  it.each([
    '签名校验失败（sign），请检查：nonce、version',
    '请求非法，错误码：400101，时间：2021-06-21 17:40:06',
    '[-9110,-9111,-9114]',
    '错误码 400101 2021-06-21 17:40:06 66660020',
    'order bankcardPic5923ab9a3bc34488b51',
    '400101, 400102, 66660020',
    '查询结果不存在：66660020／20210621',
    '2024/07/26 14:36:38 too frequent, try again after 2000 ms',
    '100% of 3 <4 & more; ½ price ① first',
  ])('leaves what is none as it is: %s', (text) => {
    expect(redactVendorText(text)).toBe(text);
  });
});

describe('a value that was sent', () => {
  const message = (value: string, ...sent: string[]) => redactVendorText(`order [${value}] refused`, sent);

  it.each<[string, string, string]>([
    ['an order number', 'bankcardPic5923ab9a3bc34488b51', 'bankcardPic5923ab9a3bc34488b51'],
    ['an order number in other letter case', 'orderAbC1', 'ORDERABC1'],
    ['an order number with a zero-width space', 'orderAbC1', 'order\u200bAbC1'],
    ['a full-width order number', 'order1', 'ｏｒｄｅｒ１'],
    ['an app id', 'IDAXXXXX', 'IDAXXXXX'],
    ['an app id in other letter case', 'IDAXXXXX', 'idaxxxxx'],
    ['a percent-encoded app id', 'IDAXXXXX', '%49%44%41%58%58%58%58%58'],
    ['an app id in entities', 'IDAXXXXX', '&#73;DAXXXXX'],
    ['a user id of one character', 'u', 'u'],
    ['a short user id', 'u42', 'U42'],
    ['a short user id that is a number', '42', '42'],
    ['a short user id beside a name', '42', 'user_42'],
    ['a secret with a percent sign', 'a%41bcdef', 'a%2541bcdef'],
  ])('is removed: %s', (_what, value, repeated) => {
    const safe = message(repeated, value);
    expect(safe.replace(/user_/, '')).toBe('order [[redacted]] refused');
  });

  it('is removed beside Chinese characters, where no space ends a word', () => {
    expect(redactVendorText('用户bob不存在', ['bob'])).toBe('用户[redacted]不存在');
  });

  it('leaves the words that it is a part of when it is short', () => {
    expect(redactVendorText('a user and 42 bobbies in 1942', ['bob', '4', '42', 'us'])).toBe(
      'a user and [redacted] bobbies in 1942',
    );
  });
});
