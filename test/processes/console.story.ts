import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import type { Browser, Page } from 'playwright-core';
import {
  accessibilityFindings,
  describeWithChromium,
  type OpenPage,
  openPage,
  startChromium,
} from '../support/browser.js';
import { Worker } from '../support/worker.js';

/** Where the pictures of the README go: SCREENSHOTS=docs/images npm run test:processes -- console */
const SCREENSHOTS = process.env['SCREENSHOTS'];
const PAGE_BYTES = 60_000;
const AUDIT = 'audit.jsonl';

describeWithChromium('the console of the demo in Chromium', () => {
  let demo: Worker;
  let browser: Browser;
  let url: string;
  let folder: string;
  let opened: OpenPage[];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'console-'));
    demo = Worker.start('demo-on-sandbox.worker', {
      PORT: '0',
      LOG_LEVEL: 'error',
      DEMO_AUDIT_FILE: path.join(folder, AUDIT),
      // A page that polls and a test that looks for the end of everything are more than a client.
      DEMO_RATE_LIMIT: '1000000',
      BANKCARD_OCR_TIMEOUT_MS: '60000',
    });
    url = await demo.line('demo-api: ');
    browser = await startChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await demo.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    opened = [];
  });

  afterEach(async () => {
    for (const one of opened) await one.close();
  });

  async function visit(view = '', options: Parameters<typeof openPage>[1] = { locale: 'en-GB' }): Promise<OpenPage> {
    const one = await openPage(browser, options);
    opened.push(one);
    await one.page.goto(`${url}/${view}`);
    return one;
  }

  const picture = async (page: Page, name: string): Promise<void> => {
    if (SCREENSHOTS !== undefined)
      await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.jpg`), type: 'jpeg', quality: 80 });
  };

  it("is a new user's five minutes: a card, a fault, the refresh", async () => {
    const { page, complaints } = await visit();
    // A card, by the keyboard alone.
    await page.getByLabel('Order number', { exact: true }).focus();
    await page.keyboard.type('exampleExpiredPhotocopy');
    await page.keyboard.press('Enter');
    await page.getByText('620000*********7424', { exact: true }).waitFor();
    await page.getByText('a photocopy', { exact: false }).waitFor();
    await page.getByText('expired', { exact: true }).waitFor();
    for (const kind of ['as it was taken', 'cropped', 'the number']) {
      const photo = page.getByAltText(kind, { exact: false }).first();
      await photo.waitFor();
      expect(
        await photo.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      ).toBeGreaterThan(100);
    }
    await picture(page, 'console-card');
    // A fault, and what the page says of it.
    await page.getByRole('link', { name: 'Sandbox' }).click();
    const fault = page.getByRole('switch', { name: 'Too many requests', exact: false });
    await fault.click();
    await page.locator('[data-fault="queries-limited"][aria-checked="true"]').waitFor();
    await page.getByRole('link', { name: 'exampleCleanCard' }).click();
    await page.getByText('Wait a few seconds, then try again.').waitFor();
    await page.getByText('400504', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Sandbox' }).click();
    await page.locator('[data-fault="queries-limited"][aria-checked="true"]').click();
    await page.locator('[data-fault="queries-limited"][aria-checked="false"]').waitFor();
    // Time passes, and the credentials are refreshed.
    await page.getByRole('button', { name: '+ 20 min' }).click();
    await page.getByRole('link', { name: 'Credentials' }).click();
    await page.locator('[data-fact="generation"]', { hasText: '2' }).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'access_token' }).nth(1).waitFor();
    await picture(page, 'console-credentials');
    await page.getByRole('link', { name: 'Sandbox' }).click();
    await page.getByText('None: this backend keeps to the rules.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows every request to Tencent, also one that ends while it connects to the live feed', async () => {
    const { page } = await visit();
    let tokens = 0;
    await page.route('**/ops/live*', async (route) => {
      const headers = { 'x-api-key': (await route.request().headerValue('x-api-key')) ?? '' };
      const refresh = await fetch(`${url}/ops/refresh`, { method: 'POST', headers });
      expect(await refresh.json()).toMatchObject({ outcome: 'refreshed' });
      const { exchanges } = (await (await fetch(`${url}/ops/exchanges`, { headers })).json()) as {
        exchanges: { endpoint: string }[];
      };
      tokens = exchanges.filter(({ endpoint }) => endpoint === 'access_token').length;
      await route.continue();
    });
    await page.getByRole('link', { name: 'Credentials' }).click();
    await page.getByText('live', { exact: true }).waitFor();
    const rows = page.getByRole('cell', { name: 'access_token', exact: true });
    await rows.nth(tokens - 1).waitFor();
    expect(tokens).toBeGreaterThan(1);
  });

  it('reveals a number only with a reason, which is in the audit file, and hides it again', async () => {
    const { page, received, complaints } = await visit('#/cards/exampleCleanCard');
    const number = page.locator('.number');
    await number.waitFor();
    await page.getByAltText('the number', { exact: false }).waitFor();
    expect(await page.content()).not.toContain(PICTURED_CARD_NUMBER);
    for (const { text } of received) expect(text).not.toContain(PICTURED_CARD_NUMBER);
    // By the keyboard: opened, left, opened, filled, sent.
    await page.getByRole('button', { name: 'Reveal the number' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Reason', { exact: false }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.keyboard.type('核对退款 42');
    await page.keyboard.press('Enter');
    await page.getByText(PICTURED_CARD_NUMBER).waitFor();
    const lines = readFileSync(path.join(folder, AUDIT), 'utf8').trim().split('\n');
    const reveals = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === 'reveal');
    expect(reveals).toEqual([expect.objectContaining({ reason: '核对退款 42', outcome: 'released' })]);
    await page.getByRole('button', { name: 'Hide it' }).click();
    expect(await page.content()).not.toContain(PICTURED_CARD_NUMBER);
    expect(complaints).toEqual([]);
  });

  it('shows that a card was kept, under which reference, and that nothing of it was changed', async () => {
    const { page, received, complaints } = await visit('#/cards/exampleCleanCard');
    await page.locator('.number').waitFor();
    await page.getByRole('link', { name: 'Look it up' }).click();
    // It is kept in the background, as soon as that is possible.
    await page.locator('[data-state="kept"]').waitFor();
    await page.locator('code.ref', { hasText: /^[0-9a-f]{64}$/ }).waitFor();
    await page.locator('[data-fact="kept"]', { hasText: /^[1-9]\d*$/ }).waitFor();
    await page.locator('[data-fact="lost"]', { hasText: '0' }).waitFor();
    await page.getByRole('button', { name: 'Verify' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Nothing was changed.').waitFor();
    await picture(page, 'console-archive');
    // An order that nobody has asked for, by the keyboard.
    await page.getByLabel('Order number', { exact: true }).fill('neverAskedFor');
    await page.keyboard.press('Enter');
    await page.locator('[data-state="not-kept"]').waitFor();
    expect(page.url()).toBe(`${url}/#/archive/neverAskedFor`);
    const shown = received.filter((one) => one.url.includes('/archive')).map(({ text }) => text);
    expect(shown.length).toBeGreaterThan(2);
    for (const text of shown) expect(text).not.toContain(PICTURED_CARD_NUMBER);
    expect(complaints).toEqual([]);
  });

  // Colors, languages and a small screen change different things: each of them once.
  it.each([
    ['light', 'en-GB', { width: 1100, height: 900 }],
    ['dark', 'zh-CN', { width: 1100, height: 900 }],
    ['light', 'zh-CN', { width: 360, height: 740 }],
  ] as const)(
    'has nothing against people with disabilities in any state: %s, %s, %j',
    async (colorScheme, locale, viewport) => {
      for (const [view, sign] of [
        ['', 'form.search'],
        ['#/cards/exampleExpiredPhotocopy', 'figure img'],
        ['#/cards/exampleNoValidity', 'figure img'],
        ['#/cards/codeM9012', '.error'],
        ['#/cards/wrong!', '.error'],
        ['#/archive', '#archive-progress'],
        ['#/archive/exampleExpiredPhotocopy', '[data-state="kept"]'],
        ['#/archive/neverAskedFor', '[data-state="not-kept"]'],
        ['#/archive/wrong!', '.error'],
        ['#/credentials', 'td'],
        ['#/sandbox', '[role="switch"]'],
      ] as const) {
        const one = await visit(view, { colorScheme, locale, viewport });
        await one.page.locator(sign).first().waitFor();
        expect({ view, findings: await accessibilityFindings(one.page) }).toEqual({ view, findings: [] });
        expect(await one.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
        if (view === '#/cards/exampleExpiredPhotocopy') {
          await one.page.locator('.number + button').click();
          await one.page.getByRole('dialog').waitFor();
          expect(await accessibilityFindings(one.page)).toEqual([]);
        }
        expect(one.complaints).toEqual([]);
        await one.close();
        opened.pop();
      }
    },
  );

  it('speaks the language of the browser, and the other one on request', async () => {
    const { page } = await visit('#/cards/warnM9113', { locale: 'zh-CN' });
    await page.getByText('银行卡复印件').waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('a photocopy').waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
  });

  it('says what to do without a key, and with one that may do nothing', async () => {
    const { page } = await visit('#/cards/exampleCleanCard');
    await page.locator('.number').waitFor();
    await page.getByLabel('API key').fill('wrong');
    await page.keyboard.press('Tab');
    await page.getByText('Enter a valid API key above.').first().waitFor();
  });

  it('weighs no more than it may, and runs nothing that is not its own', async () => {
    const { page, received, complaints } = await visit('#/cards');
    await page.locator('form.search').waitFor();
    const own = received.filter((one) => one.url === `${url}/` || one.url.startsWith(`${url}/console/`));
    expect(own.length).toBeGreaterThan(5);
    expect(own.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(PAGE_BYTES);
    const script = `
      const script = document.createElement('script');
      script.append('globalThis.isForeign = true');
      document.head.append(script);
    `;
    await page.evaluate(script);
    await expect(page.evaluate('document.body.innerHTML = "<b>markup</b>"')).rejects.toThrow('TrustedHTML');
    expect(await page.evaluate('globalThis.isForeign')).toBeUndefined();
    expect(complaints.length).toBeGreaterThan(0);
  });
});
