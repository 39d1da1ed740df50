import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCertificates } from '../../libs/bankcard-ocr/src/vendor/http/certificates.test-support.js';
import { ConnectProxy } from '../../libs/bankcard-ocr/src/vendor/http/connect-proxy.test-support.js';
import { examine } from '../support/command-line.js';
import { CommandLineStage } from '../support/command-line-stage.js';
import { freePort } from '../support/redis-server.js';
import { VendorFront } from '../support/vendor-front.js';

const MINUTE = 60_000;

let stage: CommandLineStage;
beforeEach(async () => void (stage = await CommandLineStage.begin()));
afterEach(() => stage.end());

describe('doctor, about the way to the vendor', () => {
  it('notices a host that cannot be resolved', async () => {
    const env = stage.environment({ BANKCARD_OCR_BASE_URL: 'https://vendor.invalid' });
    const { run, document, statuses } = await examine([], { env });
    expect(run.exitCode).toBe(1);
    expect(statuses).toMatchObject({ connection: ['fail'], clock: ['warn'] });
    expect(document.checks.find(({ check }) => check === 'connection')?.todo).toContain('The name cannot be resolved');
  });

  it('notices a port where nothing listens, and tries no credentials then', async () => {
    const env = stage.environment({ BANKCARD_OCR_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    const { document } = await examine(['--live'], { env });
    expect(document.checks.find(({ check }) => check === 'connection')).toMatchObject({
      status: 'fail',
      facts: { code: 'ECONNREFUSED' },
      todo: expect.stringContaining('Nothing listens there'),
    });
    expect(document.checks.at(-1)).toMatchObject({ status: 'skipped', found: 'fix the failed checks first' });
  });

  it('does not fail for a host that only recognition needs', async () => {
    const env = stage.environment({ BANKCARD_OCR_RECOGNITION_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    const { run, statuses } = await examine([], { env });
    expect(run.exitCode).toBe(0);
    expect(statuses['connection']).toEqual(['ok', 'warn']);
  });

  describe('with TLS', () => {
    const certificates = makeCertificates();
    const caFile = () => path.join(stage.directory, 'ca.pem');
    let front: VendorFront;
    const start = async (certificate: 'server' | 'elsewhere') => {
      front = await VendorFront.start(stage.sandbox.url, certificates[certificate]);
      writeFileSync(caFile(), certificates.ca);
      return stage.environment({ BANKCARD_OCR_BASE_URL: `https://127.0.0.1:${front.port}` });
    };
    afterEach(() => front.stop());

    it('tells protocol and certificate of one that is trusted', async () => {
      const env = { ...(await start('server')), NODE_EXTRA_CA_CERTS: caFile() };
      const { run, document } = await examine(['--live'], { env });
      const connection = document.checks.find(({ check }) => check === 'connection');
      // Such a young certificate is about to end.
      expect(connection).toMatchObject({ status: 'warn', facts: { protocol: 'TLSv1.3' } });
      expect(connection?.facts?.['certificateEndsInMs']).toBeGreaterThan(24 * 60 * MINUTE);
      expect(document.checks.at(-1)).toMatchObject({ status: 'ok' });
      expect(run.exitCode).toBe(0);
    });

    it.each([
      ['signed by an unknown CA', 'server', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'does not trust the issuer'],
      [
        'not even when the environment says that anything goes',
        'server',
        { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'does not trust the issuer',
      ],
      ['of another host', 'elsewhere', 'trusted', 'ERR_TLS_CERT_ALTNAME_INVALID', 'is for another host'],
    ] as const)('refuses a certificate %s', async (_what, certificate, more, code, todo) => {
      const started = await start(certificate);
      const env = { ...started, ...(more === 'trusted' ? { NODE_EXTRA_CA_CERTS: caFile() } : more) };
      const { run, document } = await examine([], { env });
      expect(run.exitCode).toBe(1);
      expect(document.checks.find(({ check }) => check === 'connection')).toMatchObject({
        status: 'fail',
        facts: { code },
        todo: expect.stringContaining(todo),
      });
    });
  });

  describe('through a proxy', () => {
    let proxy: ConnectProxy;
    beforeEach(async () => void (proxy = await ConnectProxy.start()));
    afterEach(() => proxy.stop());

    it('makes every connection by a tunnel, and does not show the password of the proxy', async () => {
      const env = stage.environment({ BANKCARD_OCR_PROXY: proxy.url('canaryuser:canarypass@') });
      const { run, document } = await examine(['--live'], { env });
      expect(run.exitCode).toBe(0);
      expect(document.checks.find(({ check }) => check === 'connection')?.facts).toMatchObject({
        proxy: `127.0.0.1:${proxy.port}`,
      });
      expect(new Set(proxy.asked)).toEqual(new Set([new URL(stage.sandbox.url).host]));
      expect(proxy.asked.length).toBeGreaterThanOrEqual(2);
      expect(run.shown).not.toMatch(/canary/);
    });

    it('tells what a proxy has answered that opens none', async () => {
      proxy.answer = (socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      const { document } = await examine([], { env: stage.environment({ BANKCARD_OCR_PROXY: proxy.url() }) });
      expect(document.checks.find(({ check }) => check === 'connection')).toMatchObject({
        status: 'fail',
        found: expect.stringContaining('the proxy responded with HTTP 407'),
        todo: expect.stringContaining('must open tunnels'),
      });
    });
  });

  it.each([
    [0, 'ok', 0],
    [2 * MINUTE, 'warn', 0],
    [-10 * MINUTE, 'fail', 1],
  ])('compares the clocks: %d ms ahead is %s', async (shiftMs, status, exitCode) => {
    const setting = { env: stage.environment({ SHIFT_MS: String(shiftMs) }), preload: 'shifted-clock.preload' };
    const { run, document } = await examine([], setting);
    const clock = document.checks.find(({ check }) => check === 'clock');
    expect(clock).toMatchObject({ status });
    expect(Math.abs((clock?.facts?.['offsetMs'] as number) - shiftMs)).toBeLessThan(2_000);
    expect(run.exitCode).toBe(exitCode);
  });
});
