import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { KEY, KEYS } from '../../test/serve-demo.js';
import { SANDBOX_KEY } from './sandbox-security.js';
import { StartError } from '../server/start-error.js';
import { type SandboxedApp, startOnSandbox } from './start-on-sandbox.js';

const { clean } = KycSandbox.EXAMPLE_ORDERS;

const KEYED = { headers: { 'x-api-key': SANDBOX_KEY } };

let started: SandboxedApp | undefined;

async function start(env: Record<string, string> = {}): Promise<SandboxedApp> {
  delete process.env['DEMO_API_KEYS'];
  Object.assign(process.env, { PORT: '0', LOG_LEVEL: 'error', ...env });
  started = await startOnSandbox(process.env);
  return started;
}

afterEach(async () => {
  await started?.app.close();
  started = undefined;
});

describe('the start on the sandbox', () => {
  it.each(['production', ' Production'])('refuses under NODE_ENV=%s, and says why', async (NODE_ENV) => {
    const refused = startOnSandbox({ ...process.env, NODE_ENV });
    await expect(refused).rejects.toThrow(StartError);
    await expect(refused).rejects.toThrow('serves invented cards');
  });

  it('never asks the vendor that the environment names, and listens on this machine only', async () => {
    const { url, sandbox } = await start({
      HOST: '0.0.0.0',
      BANKCARD_OCR_BASE_URL: 'http://127.0.0.1:1',
      BANKCARD_OCR_APP_ID: 'REALAPP1',
      BANKCARD_OCR_TICKET_STORE: 'rubbish:',
    });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const card = await fetch(`${url}/bank-cards/${clean}`, KEYED);
    expect(await card.json()).toMatchObject({ cardNumber: '622202*********0128' });
    // And once more for the archive, as soon as that can be.
    expect(sandbox.calls.result).toBeGreaterThanOrEqual(1);
    expect(sandbox.violations()).toEqual([]);
    expect((await fetch(`${url}/bank-cards/invented1`, KEYED)).status).toBe(404);
  });

  it('stops the sandbox when it ends', async () => {
    const { app, sandbox } = await start();
    await app.close();
    await expect(fetch(sandbox.url)).rejects.toThrow('fetch failed');
  });

  it('says in both languages that cards are invented, and gives commands that work', async () => {
    const { announcement } = await start();
    expect(announcement).toContain('虚构');
    expect(announcement).toContain('invented');
    const commands = [
      ...announcement.matchAll(
        /^ {2}curl -H "(?<header>\S+): (?<value>\S+)" (?:-o card\.jpg )?"?(?<address>http[^\s"]+)"?$/gm,
      ),
    ];
    expect(commands).toHaveLength(5);
    for (const { groups: { header = '', value = '', address = '' } = {} } of commands) {
      expect([address, (await fetch(address, { headers: { [header]: value } })).status]).toEqual([address, 200]);
    }
    const launching = /^ {2}curl -H .* -H "content-type: application\/json" -d '(?<body>\S+)' (?<address>http\S+)$/m;
    const { body, address = '' } = launching.exec(announcement)?.groups ?? {};
    // As curl does: who sends data sends it by POST.
    const headers = { ...KEYED.headers, 'content-type': 'application/json' };
    const launched = await fetch(address, { method: 'POST', headers, body });
    expect([launched.status, await launched.json()]).toEqual([201, expect.objectContaining({ userId: 'user1' })]);
    const docs = /^接口文档 .*: (?<address>http\S+)$/m.exec(announcement)?.groups?.['address'] ?? '';
    expect((await fetch(docs)).status).toBe(200);
  });

  it('writes audit file and archive into a folder of its own, which goes with it', async () => {
    const { app, url, announcement } = await start();
    const file = /^ {2}cat (?<file>\S+)$/m.exec(announcement)?.groups?.['file'] ?? '';
    expect(
      (await fetch(`${url}/bank-cards/${clean}/number`, { headers: { ...KEYED.headers, 'x-reason': 'test' } })).status,
    ).toBe(200);
    expect(readFileSync(file, 'utf8')).toContain('"reason":"test"');
    expect(existsSync(path.join(path.dirname(file), 'archive/evidence'))).toBe(true);
    await app.close();
    expect(existsSync(path.dirname(file))).toBe(false);
  });

  it('wants keys when keys are named', async () => {
    const { url, announcement } = await start({ DEMO_API_KEYS: KEYS });
    const card = `${url}/bank-cards/${clean}`;
    expect(announcement).toContain(`curl -H "x-api-key: $DEMO_API_KEY" ${card}`);
    expect(announcement).toMatch(/^ {2}curl -H "x-api-key: \$DEMO_API_KEY" -H .* \S+\/sdk-launches$/m);
    expect((await fetch(card)).status).toBe(401);
    expect((await fetch(card, { headers: { 'x-api-key': KEY } })).status).toBe(200);
  });

  it('does not start with what is wrong', async () => {
    await expect(start({ DEMO_API_KEYS: 'shop:my-key' })).rejects.toThrow(
      'entry 1 is not a tenant, an id, scopes and a SHA-256',
    );
    await expect(start({ LOG_LEVEL: 'loud' })).rejects.toThrow('LOG_LEVEL: must be one of error, warn');
  });
});
