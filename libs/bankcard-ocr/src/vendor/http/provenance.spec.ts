import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { SecretText } from '../../runtime/secret-text.js';
import { makeCertificates } from './certificates.test-support.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import { clockOffsetMs, peerCertificateSha256 } from './provenance.js';
import { OK, optionsFor, REQUEST, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';

const TOLD = 'Wed, 25 Nov 2026 08:00:00 GMT';
const TOLD_MS = Date.parse(TOLD);

describe('by how much a clock is ahead of the one that wrote a date', () => {
  it.each([
    ['right, in the middle of the second', 450, 550, TOLD, 0],
    ['ten minutes ahead', 600_450, 600_550, TOLD, 600_000],
    ['an hour behind', -3_599_500, -3_599_500, TOLD, -3_600_000],
    ['a slow answer counts by its middle', 0, 3_000, TOLD, 1_000],
    ['no date', 0, 0, undefined, undefined],
    ['a date that is none', 0, 0, 'yesterday', undefined],
  ])('%s', (_what, askedMs, answeredMs, date, offset) => {
    expect(clockOffsetMs(TOLD_MS + askedMs, TOLD_MS + answeredMs, date)).toBe(offset);
  });
});

const { ca, server } = makeCertificates();
const HASH = createHash('sha256').update(new X509Certificate(server.cert).raw).digest('hex');

describe.each(TRANSPORT_KINDS)('the certificate behind a response over %s', (kind) => {
  it.each([
    ['TLS', true, false, HASH],
    ['TLS through a proxy', true, true, HASH],
    ['no TLS', false, false, undefined],
  ])(
    'and %s is known by its SHA-256, also on connections that are kept and made again',
    async (_how, tls, proxied, hash) => {
      const vendor = await TestVendor.start(tls ? server : undefined);
      vendor.answer = (_request, response) => void response.end(OK);
      const proxy = proxied ? await ConnectProxy.start() : undefined;
      const way = proxy ? { proxy: new SecretText(proxy.url()) } : {};
      const transport = TRANSPORTS[kind](optionsFor(vendor.origin, { ca, ...way }));
      try {
        const hashes: (string | undefined)[] = [];
        for (const freshConnection of [false, false, true]) {
          const head = (_status: number, _header: unknown, connection?: Socket) => {
            hashes.push(peerCertificateSha256(connection));
          };
          const receiver = { head, received: () => undefined, data: () => undefined };
          await transport.start({ ...REQUEST, freshConnection }, receiver).finished;
        }
        expect(hashes).toEqual([hash, hash, hash]);
      } finally {
        await transport.close();
        await vendor.stop();
        await proxy?.stop();
      }
    },
  );
});
