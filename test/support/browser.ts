import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const hasChromium = spawnSync('chromium', ['--version']).status === 0;

/** `describe` for stories that need a Chromium. Where everything must run (CI) a missing one is a failure. */
export const describeWithChromium = hasChromium || process.env['CI'] === 'true' ? describe : describe.skip;

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** A page, and everything that it complains of. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts, of the console, and violations of the content security policy; not responses that are errors. */
  readonly complaints: readonly string[];
  /** Every body that the page has received, as text, by its URL. */
  readonly received: readonly { readonly url: string; readonly text: string; readonly bytes: number }[];
  close(): Promise<void>;
}

/** Start the Chromium of this machine, without a window. */
export async function startChromium(): Promise<Browser> {
  // Its own sandbox cannot be had as root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: 0 });
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  // Shorter than the limit of a test, so that the error says what was waited for; no machine is that slow.
  context.setDefaultTimeout(300_000);
  const complaints: string[] = [];
  const received: { url: string; text: string; bytes: number }[] = [];
  await context.addInitScript(`addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.error('policy ' + violatedDirective + ' ' + blockedURI);
  })`);
  const page = await context.newPage();
  page.on('console', (message) => {
    // Chromium reports every response that is an error; the page is there to show them.
    const isResponse = message.text().startsWith('Failed to load resource: the server responded with');
    if (message.type() === 'error' && !isResponse) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('response', async (response) => {
    const body = await response.body().catch(() => Buffer.alloc(0));
    received.push({ url: response.url(), text: body.toString('latin1'), bytes: body.length });
  });
  return { page, complaints, received, close: () => context.close() };
}

/** What axe-core finds wrong with a page for people with disabilities. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const run = `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(RULES)} } })`;
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(run);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
