import { readFileSync, writeFileSync } from 'node:fs';
import { runCommandLine } from '../support/command-line.js';
import { CommandLineStage } from '../support/command-line-stage.js';
import { leaksIn, RecordingProxy } from '../support/recording-proxy.js';

const KEY = '5ec4e7'.repeat(11).slice(0, 64);
const NONCE = 'c4n4ry'.repeat(6).slice(0, 32);

let stage: CommandLineStage;
let proxy: RecordingProxy;
beforeAll(async () => {
  stage = await CommandLineStage.begin();
  proxy = await RecordingProxy.start(stage.sandbox.url);
});
afterAll(async () => {
  await proxy.stop();
  await stage.end();
});

const environment = (change: Record<string, string> = {}): Record<string, string> => {
  return stage.environment({ BANKCARD_OCR_BASE_URL: proxy.url, BANKCARD_OCR_STORE_ENCRYPTION_KEY: KEY, ...change });
};

/** What a run prints, as lines and as JSON, in English and in Chinese. */
async function everythingShown(args: readonly string[], change: Record<string, string> = {}): Promise<string> {
  const forms = [[], ['--json', '--lang', 'zh']];
  const runs = await Promise.all(forms.map((form) => runCommandLine([...args, ...form], { env: environment(change) })));
  return runs.map(({ shown }) => shown).join('\n');
}

/** All secrets that went over the line, and those of the environment. */
const canaries = (change: Record<string, string> = {}) => {
  const own = new Map([
    ['store key', new Set([KEY])],
    ['secret', new Set([stage.sandbox.secret, change['BANKCARD_OCR_SECRET'] ?? stage.sandbox.secret])],
    ['password', new Set(['canary@pass', 'canary%40pass'])],
    ['nonce', new Set([NONCE])],
  ]);
  return new Map([...proxy.canaries, ...own]);
};

describe('neither command shows a secret, a token, a ticket or the store key', () => {
  beforeAll(async () => {
    // Something has to be there that could be shown.
    await runCommandLine(['doctor', '--live'], { env: environment() });
    expect([...proxy.canaries.keys()].sort()).toEqual(['access_token', 'secret', 'sign', 'value']);
  });

  it.each<[string, Record<string, string>]>([
    ['where all is well', {}],
    [
      'with a wrong secret',
      { BANKCARD_OCR_SECRET: 'canaryWrongSecret'.repeat(4), BANKCARD_OCR_TICKET_STORE: 'memory:' },
    ],
    ['with a secret that is none', { BANKCARD_OCR_SECRET: 'canary secret with blanks '.repeat(3) }],
    ['with a store key that is none', { BANKCARD_OCR_STORE_ENCRYPTION_KEY: `${KEY}00` }],
    ['with another store key', { BANKCARD_OCR_STORE_ENCRYPTION_KEY: KEY.replaceAll('5', '6') }],
    ['without the store key', { BANKCARD_OCR_STORE_ENCRYPTION_KEY: '' }],
    ['with a password in the base URL', { BANKCARD_OCR_BASE_URL: 'https://canaryuser:canary%40pass@127.0.0.1:1' }],
    [
      'with a Redis that cannot be reached',
      { BANKCARD_OCR_TICKET_STORE: 'redis://canaryuser:canary%40pass@127.0.0.1:1/0' },
    ],
    ['with a wrong URL of a Redis', { BANKCARD_OCR_TICKET_STORE: 'redis://canaryuser:canary%40pass@127.0.0.1:1/x?y' }],
    ['with a proxy that cannot be reached', { BANKCARD_OCR_PROXY: 'http://canaryuser:canary%40pass@127.0.0.1:1' }],
    ['with a proxy that is none', { BANKCARD_OCR_PROXY: 'canary@pass' }],
    [
      'with a proxy of the environment',
      { HTTP_PROXY: 'http://canaryuser:canary%40pass@127.0.0.1:1', BANKCARD_OCR_BASE_URL: 'https://vendor.invalid' },
    ],
  ])('doctor --live --fetch %s', async (_what, change) => {
    const shown = await everythingShown(['doctor', '--live', '--fetch'], change);
    expect(leaksIn(shown, canaries(change))).toEqual([]);
    expect(shown).not.toMatch(/canaryuser/);
    expect(shown).toContain('"command": "doctor"');
  });

  it('doctor, when the vendor repeats in its message what it was sent', async () => {
    const all = [...proxy.canaries.values()].flatMap((values) => [...values]).join(' ');
    const fault = stage.sandbox.injectFault({ endpoint: 'all', kind: 'code', code: '400103', detail: `denied ${all}` });
    const shown = await everythingShown(['doctor', '--live', '--fetch'], { BANKCARD_OCR_TICKET_STORE: 'memory:' });
    fault.clear();
    expect(shown).toContain('[redacted]');
    expect(leaksIn(shown, canaries())).toEqual([]);
  });

  it('doctor, with a record that is damaged', async () => {
    const file = stage.recordFile;
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.slice(0, -9));
    const shown = await everythingShown(['doctor', '--live', '--fetch']);
    writeFileSync(file, whole);
    expect(shown).toContain('the record is damaged');
    expect(leaksIn(shown, canaries())).toEqual([]);
  });

  it('sign --explain with a right one and a wrong one', async () => {
    const tickets = [...(proxy.canaries.get('value') ?? [])];
    const args = ['sign', '--explain', '--order-no', 'order1', '--nonce', NONCE];
    for (const sign of [...(proxy.canaries.get('sign') ?? []), 'A'.repeat(40)]) {
      const change = { BANKCARD_OCR_EXPLAIN_TICKET: tickets[0] ?? '' };
      const shown = await everythingShown([...args, '--sign', sign], change);
      expect(leaksIn(shown, canaries())).toEqual([]);
      expect(shown).toContain('does not fit');
    }
  });

  it('would be noticed here', () => {
    const [ticket = ''] = proxy.canaries.get('value') ?? [];
    expect(leaksIn(`the ticket ${ticket}`, canaries())).toEqual(['value']);
  });
});
