import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { bankCardOcrOptionsFromEnv } from 'nestjs-bankcard-ocr';
import { readApiKeys } from '../../apps/demo-api/src/auth/read-api-keys.js';
import { resolveOptions } from '../../libs/bankcard-ocr/src/options/resolve-options.js';
import { CommandLineStage } from '../support/command-line-stage.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { shellBlocksOf, type ShellBlock } from '../support/shell-blocks.js';

const ROOT = path.join(__dirname, '../..');
const run = promisify(execFile);
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');

/** The one block of a page that has a text in it. */
function blockOf(page: string, text: string): ShellBlock {
  const found = shellBlocksOf(read(page)).filter(({ code }) => code.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${page} have "${text}", not one`);
  return found[0]!;
}

const IN_BOTH = (name: string): string[] => [`${name}.md`, `${name}.zh-CN.md`];

/** The shell blocks of docs/, as they are printed. */
describe('the command lines of docs/doctor.md, docs/hosts.md, docs/production.md and docs/troubleshooting.md', () => {
  let stage: CommandLineStage;
  let folder: string;

  beforeEach(async () => {
    stage = await CommandLineStage.begin();
    folder = mkdtempSync(path.join(tmpdir(), 'page-'));
    // What npx runs where the package is installed.
    const main = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src/cli/main.js');
    mkdirSync(path.join(folder, 'bin'));
    const script = `#!/bin/sh\n[ "$1 $2" = '--no nestjs-bankcard-ocr' ] || exit 9\nshift 2\nexec '${process.execPath}' '${main}' "$@"\n`;
    writeFileSync(path.join(folder, 'bin/npx'), script, { mode: 0o755 });
  });

  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await stage.end();
  });

  /** Run commands where the package is installed. @returns what they print; not thrown: 1 is the status of a finding */
  async function inBackend(code: string, env: Readonly<Record<string, string>>): Promise<string> {
    const PATH = `${path.join(folder, 'bin')}${path.delimiter}${process.env['PATH']}`;
    return (await run('sh', ['-c', code], { cwd: folder, env: { ...env, PATH } })).stdout;
  }

  it.each(IN_BOTH('docs/doctor'))('%s: doctor prints the checks that the page shows, in its language', async (page) => {
    await stage.runBackend();
    const { code, shown } = blockOf(page, 'doctor --live --json');
    const [plain = '', json = '', named = ''] = code.trim().split('\n');
    const label = (line: string) => /^\s*\w+ +(?<label>[^ :：]+)/.exec(line)?.groups?.['label'];
    const printed = await inBackend(plain, stage.environment());
    expect(printed.trim().split('\n').map(label)).toEqual(shown.map(label));
    expect(JSON.parse(await inBackend(json, stage.environment()))).toMatchObject({ ok: true });
    const variables = Object.entries(stage.environment()).map(([name, value]) => `LOANS_${name}=${value}\n`);
    writeFileSync(path.join(folder, '.env'), variables.join(''));
    expect(await inBackend(named, {})).toContain('configuration: app id ');
  });

  it.each(IN_BOTH('docs/doctor'))('%s: sign --explain prints the rules that the page shows', async (page) => {
    const { code, shown } = blockOf(page, 'sign --explain');
    const [, ticket = ''] = /`([A-Za-z0-9]{64})`/.exec(read(page)) ?? [];
    writeFileSync(path.join(folder, 'ticket.txt'), `${ticket}\n`);
    const printed = await inBackend(`${code.trim()} || [ $? = 1 ]`, {});
    expect(printed.trimEnd().split('\n')).toEqual(shown);
  });

  it.each([...IN_BOTH('docs/hosts'), ...IN_BOTH('docs/production'), ...IN_BOTH('docs/troubleshooting')])(
    '%s: doctor finds nothing wrong on a backend that works',
    async (page) => {
      await stage.runBackend();
      expect(await inBackend(blockOf(page, 'doctor').code, stage.environment())).not.toMatch(/^fail/m);
    },
  );
});

describe('the variables that pages set', () => {
  const account = { appId: 'IDAXXXXX', secret: 'a'.repeat(64), ticketStore: 'memory:', proxy: 'none' };

  /** The environment after a block. */
  async function after(code: string): Promise<Record<string, string>> {
    const script = `set -ea\n${code}\nexec '${process.execPath}' -p 'JSON.stringify(process.env)'`;
    const { stdout } = await run('bash', ['-c', script], { env: { PATH: process.env['PATH'] } });
    return JSON.parse(stdout) as Record<string, string>;
  }

  it.each(IN_BOTH('docs/accounts'))('%s: are two accounts', async (page) => {
    const env = await after(blockOf(page, 'LOANS_BANKCARD_OCR_APP_ID').code);
    for (const name of ['loans', 'wallet']) {
      expect(bankCardOcrOptionsFromEnv(env, name)).toEqual({
        appId: expect.stringMatching(/^IDA[XY]{5}$/),
        secret: expect.stringMatching(/./),
        ticketStore: expect.stringMatching(/^redis:/),
      });
    }
  });

  it.each(IN_BOTH('docs/fleet'))('%s: are a store key', async (page) => {
    const env = await after(blockOf(page, 'STORE_ENCRYPTION_KEY').code);
    const options = bankCardOcrOptionsFromEnv(env);
    expect(options.storeEncryptionKey).toBeDefined();
    expect(() => resolveOptions({ ...options, ...account })).not.toThrow();
  });

  it.each(IN_BOTH('docs/hosts'))('%s: are a host', async (page) => {
    const options = bankCardOcrOptionsFromEnv(await after(blockOf(page, 'BANKCARD_OCR_BASE_URL').code));
    expect(resolveOptions({ ...options, ...account }).baseUrl.host).toBe('kyc1.qcloud.com');
  });

  it.each(IN_BOTH('docs/secret-rotation'))('%s: a new store key has the length that it must have', async (page) => {
    const { stdout } = await run('sh', ['-c', blockOf(page, 'openssl').code]);
    expect(() => resolveOptions({ ...account, storeEncryptionKey: stdout.trim() })).not.toThrow();
  });

  it.each(IN_BOTH('README'))('%s: are a key of the demo', async (page) => {
    const { DEMO_API_KEY = '', DEMO_API_KEYS } = await after(blockOf(page, 'export DEMO_API_KEYS').code);
    const { apiKeys, faults } = readApiKeys(DEMO_API_KEYS);
    expect(faults).toEqual([]);
    expect(DEMO_API_KEY).toMatch(/^[0-9a-f]{64}$/);
    expect(apiKeys.find(DEMO_API_KEY)).toMatchObject({ tenant: 'shop', id: 'till' });
  });
});

describeWithRedis('the commands of docs/secret-rotation.md for Redis', () => {
  it.each(IN_BOTH('docs/secret-rotation'))('%s: change the password without an interruption', async (page) => {
    await using redis = await RedisServer.start();
    const tell = (code: string) => run('sh', ['-c', code.replaceAll('redis-cli', `redis-cli -e -p ${redis.port}`)]);
    const acceptsPassword = async (password: string) => {
      const options = { lazyConnect: true, username: 'refresher', password, retryStrategy: () => null };
      const client = new Redis(redis.port, '127.0.0.1', options).on('error', () => undefined);
      try {
        return (await client.ping()) === 'PONG';
      } catch {
        return false;
      } finally {
        client.disconnect();
      }
    };
    await tell("redis-cli ACL SETUSER refresher on '>the-old-password' +@all");
    await tell(blockOf(page, '>the-new-password').code);
    expect([await acceptsPassword('the-old-password'), await acceptsPassword('the-new-password')]).toEqual([
      true,
      true,
    ]);
    await tell(blockOf(page, '<the-old-password').code);
    expect([await acceptsPassword('the-old-password'), await acceptsPassword('the-new-password')]).toEqual([
      false,
      true,
    ]);
  });
});
