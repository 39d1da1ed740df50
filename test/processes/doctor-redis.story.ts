import { Redis } from 'ioredis';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication } from '../support/application.js';
import { examine } from '../support/command-line.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

const KEY = 'a1'.repeat(32);
const MINUTE = 60_000;

describeWithRedis('doctor, about a store in Redis', () => {
  let sandbox: KycSandbox;
  let redis: RedisServer;
  let client: Redis;
  const record = () => `bankcard-ocr:{${sandbox.appId}}:record`;

  beforeAll(async () => void (redis = await RedisServer.start('--maxmemory-policy', 'noeviction')));
  afterAll(async () => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    sandbox = await KycSandbox.start();
    client = new Redis(redis.url);
    await client.flushall();
  });
  afterEach(async () => {
    await client.quit();
    await sandbox.stop();
  });

  const environment = (change: Record<string, string> = {}): Record<string, string> => ({
    BANKCARD_OCR_APP_ID: sandbox.appId,
    BANKCARD_OCR_SECRET: sandbox.secret,
    BANKCARD_OCR_BASE_URL: sandbox.url,
    BANKCARD_OCR_TICKET_STORE: redis.url,
    BANKCARD_OCR_STORE_ENCRYPTION_KEY: KEY,
    ...change,
  });

  async function runBackend(): Promise<void> {
    const { application, tickets } = await startApplication(sandbox, {
      ticketStore: redis.url,
      storeEncryptionKey: KEY,
    });
    await tickets.getCredentials();
    await application.close();
  }

  it('tells version and lease, that the credentials are sealed, and changes nothing', async () => {
    await runBackend();
    const before = await client.hgetall(record());
    const { run, document } = await examine(['--live'], { env: environment() });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const facts = (name: string) => document.checks.find(({ check }) => check === name)?.facts;
    expect(facts('store')).toMatchObject({ kind: 'redis', leased: true, version: expect.stringMatching(/^\d+\./) });
    expect(facts('credentials')).toMatchObject({ generation: 1, sealed: true });
    expect(facts('live')).toMatchObject({ fetched: false, vendorCode: '66660020' });
    expect(await client.hgetall(record())).toEqual(before);
    expect(await client.keys('*')).toEqual([record()]);
  });

  it('counts ages by the clock of Redis, whatever that of this machine says', async () => {
    await runBackend();
    const setting = { env: environment({ SHIFT_MS: String(4 * MINUTE) }), preload: 'shifted-clock.preload' };
    const { document, statuses } = await examine([], setting);
    expect(statuses).toMatchObject({ clock: ['warn'], credentials: ['ok'] });
    const { ageMs } = document.checks.find(({ check }) => check === 'credentials')?.facts ?? {};
    expect(ageMs).toBeLessThan(MINUTE);
  });

  it('notices a record that expires, and keys that may be evicted', async () => {
    await runBackend();
    await client.pexpire(record(), 5 * MINUTE);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { run, document } = await examine([], { env: environment() });
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    expect(run.exitCode).toBe(0);
    const warnings = document.checks.filter(({ check, status }) => check === 'store' && status === 'warn');
    expect(warnings.map(({ found }) => found)).toEqual([
      'evicts keys when memory is short',
      'the record expires in 5 min',
    ]);
  });

  it('leaves a damaged record where it is', async () => {
    await runBackend();
    await client.hset(record(), 'record', '{"format":1,');
    const { document } = await examine(['--live'], { env: environment() });
    expect(document.checks.find(({ check }) => check === 'credentials')).toMatchObject({
      found: 'the record is damaged',
    });
    expect(await client.hget(record(), 'record')).toBe('{"format":1,');
    expect(sandbox.calls).toMatchObject({ accessToken: 1 });
  });

  it('needs no more rights than a refresher, or a reader, has', async () => {
    await runBackend();
    const name = sandbox.appId;
    await client.call(
      'ACL',
      ...['SETUSER', 'refresher', 'on', '>canarypass', 'resetkeys', `~bankcard-ocr:{${name}}:*`, 'resetchannels'],
      ...[
        `&bankcard-ocr:{${name}}:changed`,
        'nocommands',
        '+select',
        '+info',
        '+client|setname',
        '+subscribe',
        '+publish',
      ],
      ...['+eval', '+time', '+get', '+set', '+del', '+pexpire', '+hget', '+hset', '+rename'],
    );
    await client.call(
      'ACL',
      ...['SETUSER', 'reader', 'on', '>canarypass', 'resetkeys', `~bankcard-ocr:{${name}}:record`, 'resetchannels'],
      ...[`&bankcard-ocr:{${name}}:changed`, 'nocommands', '+select', '+info', '+client|setname', '+subscribe'],
      ...['+eval', '+time', '+hget'],
    );
    for (const role of ['refresher', 'reader']) {
      const ticketStore = redis.url.replace('//', `//${role}:canarypass@`);
      const env = environment({ BANKCARD_OCR_TICKET_STORE: ticketStore, BANKCARD_OCR_ROLE: role });
      const { run, statuses } = await examine(['--live'], { env });
      expect([role, run.exitCode, statuses['credentials'], statuses['live']]).toEqual([role, 0, ['ok'], ['ok']]);
      expect(run.shown).not.toContain('canarypass');
    }
    const asReader = environment({ BANKCARD_OCR_TICKET_STORE: redis.url.replace('//', '//reader:canarypass@') });
    const { document } = await examine([], { env: asReader });
    expect(document.checks.find(({ check }) => check === 'store')).toMatchObject({
      status: 'fail',
      facts: { code: 'NOPERM' },
    });
  });

  it.each([
    ['a password that is wrong', (url: string) => url.replace('//', '//refresher:canarywrong@'), 'WRONGPASS'],
    ['a port where nothing listens', (url: string) => url.replace(/:\d+\//, ':1/'), 'ECONNREFUSED'],
  ])('tells of %s without showing it', async (_what, spoil, code) => {
    const { run, document } = await examine(['--live'], {
      env: environment({ BANKCARD_OCR_TICKET_STORE: spoil(redis.url) }),
    });
    expect(run.exitCode).toBe(1);
    expect(document.checks.find(({ check }) => check === 'store')).toMatchObject({ status: 'fail', facts: { code } });
    expect(document.checks.at(-1)).toMatchObject({ status: 'skipped' });
    expect(run.shown).not.toContain('canary');
  });
});
