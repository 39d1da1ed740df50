import { createHash } from 'node:crypto';
import { certificatesOf, readTimestamp, timestampRequest, TimestampRefused } from './timestamp-token.js';

// Made with `openssl ts -query -data … -sha256 -cert` and `openssl ts -reply` of OpenSSL 3.0, by a CA that was thrown away.
const QUERY = Buffer.from(
  'MEMCAQEwMTANBglghkgBZQMEAgEFAAQgZmey0aq2oAyqWu5a+K2fFGXlZ6vxwgnRVyfVez6Pbl8CCFJv7ogmNFaAAQH/',
  'base64',
);
const RESPONSE = Buffer.from(
  'MIIFAzADAgEAMIIE+gYJKoZIhvcNAQcCoIIE6zCCBOcCAQMxDzANBglghkgBZQMEAgEFADCBiwYLKoZIhvcNAQkQAQSgfAR6MHgCAQEGBCoDBA' +
    'EwMTANBglghkgBZQMEAgEFAAQgZmey0aq2oAyqWu5a+K2fFGXlZ6vxwgnRVyfVez6Pbl8CAQIYDzIwMjYxMTI4MjAyNDQ4WjADAgEBAQH/AghS' +
    'b+6IJjRWgKAUpBIwEDEOMAwGA1UEAwwFYSBUU0GgggMCMIIBhzCCAS6gAwIBAgIUVX75LUOyojdyvVZELsmkvexc2GQwCgYIKoZIzj0EAwIwDz' +
    'ENMAsGA1UEAwwEYSBDQTAeFw0yNjExMjgyMDI0NDhaFw0yNjExMzAyMDI0NDhaMBAxDjAMBgNVBAMMBWEgVFNBMFkwEwYHKoZIzj0CAQYIKoZI' +
    'zj0DAQcDQgAEqISz1UPvI6Mem/s4fhnYtiaCZgtFcK8Gp7gBQ6sUcS60E8E1oAK9t/gxcDhq2eHYTTdYnZ0MOR9DknIv9zzzWqNnMGUwFgYDVR' +
    '0lAQH/BAwwCgYIKwYBBQUHAwgwCwYDVR0PBAQDAgeAMB0GA1UdDgQWBBQ+btsqxNEBjkGuYUZPj16Kdg9PZTAfBgNVHSMEGDAWgBRLv7RSLi/B' +
    'b6dp4CtT3XQV4CeZSzAKBggqhkjOPQQDAgNHADBEAiAJXR+B+YvrSKf51+uWiEbYLqWNQTjOlMnf0caOI0S6WAIgOq2ZOcvrSEOjcN/7FouOot' +
    'ZOCUlqqjRFEo3fTXJs4UIwggFzMIIBGaADAgECAhRjhQ9pBISpvBVs/dz0o4HxRxcb+TAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARhIENBMB4X' +
    'DTI2MTEyODIwMjQ0OFoXDTI2MTEzMDIwMjQ0OFowDzENMAsGA1UEAwwEYSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI9gTf1hgWeHYq' +
    'YX6G+xb8HX+KGVw7cXTKkL8cbsyP/GTncNk/g97+asYxLuwQAeA0BeBKxZxPkaxFw7uqqyhlKjUzBRMB0GA1UdDgQWBBRLv7RSLi/Bb6dp4CtT' +
    '3XQV4CeZSzAfBgNVHSMEGDAWgBRLv7RSLi/Bb6dp4CtT3XQV4CeZSzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQD/ckccH+' +
    'm23gBzdECkL+PgaKD9FJkQMAGCX6GipFlTGgIgTwW4zRgt9Qd/ed8at37R5OiCgm1Yp8nDhNIDvoUz2OYxggE7MIIBNwIBATAnMA8xDTALBgNV' +
    'BAMMBGEgQ0ECFFV++S1DsqI3cr1WRC7JpL3sXNhkMA0GCWCGSAFlAwQCAQUAoIGkMBoGCSqGSIb3DQEJAzENBgsqhkiG9w0BCRABBDAcBgkqhk' +
    'iG9w0BCQUxDxcNMjYxMTI4MjAyNDQ4WjAvBgkqhkiG9w0BCQQxIgQgGJ6ulOUF9aT1nWJkvzLtW5VL0ha1aw6jrK3EDiDJiFwwNwYLKoZIhvcN' +
    'AQkQAi8xKDAmMCQwIgQgESqYI58lHPmlRKNqHF6ANrG2V4g5HCZoXdjxl/dnplkwCgYIKoZIzj0EAwIERzBFAiB0Yzm8mEWj1wvfOfBmVJDQoQ' +
    'v8JSGmzIf9yyHbDqMpAAIhAK++v19i6srmMKrVqBcisBjEQq0Sp0FKEIFyJjfcvy4J',
  'base64',
);
const CA = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUY4UPaQSEqbwVbP3c9KOB8UcXG/kwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEYSBDQTAeFw0yNjExMjgyMDI0NDhaFw0yNjExMzAyMDI0NDha
MA8xDTALBgNVBAMMBGEgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASPYE39
YYFnh2KmF+hvsW/B1/ihlcO3F0ypC/HG7Mj/xk53DZP4Pe/mrGMS7sEAHgNAXgSs
WcT5GsRcO7qqsoZSo1MwUTAdBgNVHQ4EFgQUS7+0Ui4vwW+naeArU910FeAnmUsw
HwYDVR0jBBgwFoAUS7+0Ui4vwW+naeArU910FeAnmUswDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEA/3JHHB/ptt4Ac3RApC/j4Gig/RSZEDABgl+h
oqRZUxoCIE8FuM0YLfUHf3nfGrd+0eTogoJtWKfJw4TSA76FM9jm
-----END CERTIFICATE-----`;
const DIGEST = createHash('sha256').update('data\n').digest();
const NONCE = QUERY.subarray(-11, -3);
const SAID = { at: new Date('2026-11-28T20:24:48Z'), policy: '1.2.3.4.1', nonce: NONCE.toString('hex') };

describe('a query for a timestamp', () => {
  it('is what openssl makes, byte by byte', () => {
    expect(timestampRequest(DIGEST, NONCE).toString('hex')).toBe(QUERY.toString('hex'));
  });

  it('can name a policy', () => {
    expect(timestampRequest(DIGEST, NONCE, '1.2.840.113549').toString('hex')).toContain('06062a864886f70d');
  });
});

describe('a timestamp', () => {
  it('says when a digest was seen, and by which policy', () => {
    expect(readTimestamp(RESPONSE, DIGEST)).toEqual(SAID);
    expect(readTimestamp(RESPONSE, DIGEST, certificatesOf(CA))).toEqual(SAID);
  });

  it('is refused for another digest, without its CA, and when the authority has refused', () => {
    expect(() => readTimestamp(RESPONSE, Buffer.alloc(32))).toThrow('its digest is another one');
    expect(() => readTimestamp(RESPONSE, DIGEST, [])).toThrow('the configured CA certificates do not lead to');
    const refusal = Buffer.from('30053003020102', 'hex');
    expect(() => readTimestamp(refusal, DIGEST)).toThrow('refused by the authority (status 2)');
  });

  it('says nothing else when any of its bits is changed', () => {
    let accepted = 0;
    for (let bit = 0; bit < RESPONSE.length * 8; bit += 7) {
      const changed = Buffer.from(RESPONSE);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      try {
        expect(readTimestamp(changed, DIGEST)).toEqual(SAID);
        accepted += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(TimestampRefused);
      }
    }
    // In the certificate of the CA, which is not needed here, and in some bytes of the envelope.
    const [ca] = certificatesOf(CA);
    expect(accepted).toBeLessThan(((ca!.raw.length + 60) * 8) / 7);
  });

  it('is refused when it is cut off anywhere, and when it is something else', () => {
    for (let length = 0; length < RESPONSE.length; length += 1) {
      expect(() => readTimestamp(RESPONSE.subarray(0, length), DIGEST)).toThrow(TimestampRefused);
    }
    for (const bytes of ['', '<html>', '\x30\x80', '\x30\x84\xff\xff\xff\xff']) {
      expect(() => readTimestamp(Buffer.from(bytes, 'latin1'), DIGEST)).toThrow(TimestampRefused);
    }
  });
});
