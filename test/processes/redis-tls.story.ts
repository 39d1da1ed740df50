import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describeWithRedis, freePort, RedisServer } from '../support/redis-server.js';
import { aRecord } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';
import { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/index.js';

describeWithRedis('RedisTicketStore over TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  let server: RedisServer;
  let url: string;

  beforeAll(async () => {
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate];
    execFileSync('openssl', [...request, ...names], { stdio: 'ignore' });
    const port = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    server = await RedisServer.start('--tls-port', String(port), '--tls-auth-clients', 'no', ...files);
    url = `rediss://localhost:${port}/0`;
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  it('talks to a server whose certificate is trusted', async () => {
    const client = new Redis(url, { tls: { ca: readFileSync(certificate) } });
    const store = new RedisTicketStore({ client, appId: 'IDATLS01' });
    await store.open();
    await expect(store.compareAndSet(undefined, aRecord(1))).resolves.toBe(true);
    expect(store.description).toBe(url);
    await store.close();
    client.disconnect();
  });

  it.each([undefined, '0'])(
    'tells nothing to a server whose certificate is not (NODE_TLS_REJECT_UNAUTHORIZED=%s)',
    async (flag) => {
      if (flag !== undefined) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = flag;
      const store = RedisTicketStore.fromUrl(url, { appId: 'IDATLS01', timeoutMs: 300 });
      await store.open();
      await expect(store.read()).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
      await store.close();
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    },
  );
});
