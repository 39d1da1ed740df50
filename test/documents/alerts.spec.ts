import { readPage } from '../support/readme-pages.js';

const RULES = readPage('ops/prometheus/bankcard-ocr.rules.yml');
const TESTS = readPage('ops/prometheus/bankcard-ocr.rules.test.yml');

/** What stands below `key` in a rule, without quotes. */
function valueIn(rule: string, key: string): string | undefined {
  return new RegExp(`^ +${key}: (?<value>.+)$`, 'm').exec(rule)?.groups?.['value']?.replaceAll(/^'|'$/g, '');
}

const ALERTS = RULES.split(/^ +- alert: /m)
  .slice(1)
  .map((rule) => ({
    name: /^\w+/.exec(rule)?.[0] ?? '',
    severity: valueIn(rule, 'severity'),
    summary: valueIn(rule, 'summary'),
    runbook: valueIn(rule, 'runbook'),
  }));

/** The headings of a page below the level of chapters, with what stands below them. */
function sectionsOf(page: string): Map<string, string> {
  const sections = page.split(/^(?=#{2,3} )/m).filter((section) => section.startsWith('### '));
  return new Map(
    sections.map((section) => [/^### (?<heading>.+)$/m.exec(section)?.groups?.['heading'] ?? '', section]),
  );
}

const LANGUAGES = [
  {
    page: 'docs/operations.md',
    parts: ['Meaning:', 'Look at:', 'Do:'],
    severities: { page: 'page', ticket: 'ticket' },
  },
  {
    page: 'docs/operations.zh-CN.md',
    parts: ['含义：', '查看：', '处理：'],
    severities: { page: '立即处理', ticket: '工单' },
  },
] as const;

describe('the alerts', () => {
  it('each have a name of their own, a severity and a summary', () => {
    expect(ALERTS.length).toBeGreaterThan(10);
    expect(new Set(ALERTS.map(({ name }) => name)).size).toBe(ALERTS.length);
    for (const { name, severity, summary } of ALERTS) {
      expect([name, severity, summary]).toEqual([
        expect.stringMatching(/^BankCardOcr[A-Z]/),
        expect.stringMatching(/^(?:page|ticket)$/),
        expect.stringMatching(/\w/),
      ]);
    }
  });

  it('lead to a heading of the runbook, which is their name in both languages', () => {
    for (const { name, runbook } of ALERTS) {
      expect([name, runbook]).toEqual([name, `docs/operations.md#${name.toLowerCase()}`]);
    }
  });

  it.each(LANGUAGES)(
    'are explained in $page: what each means, what to look at, what to do',
    ({ page, parts, severities }) => {
      const text = readPage(page);
      const sections = sectionsOf(text);
      for (const { name, severity } of ALERTS) {
        const bullets = sections.get(name)?.match(/(?<=^- \*\*)[^*]+(?=\*\*)/gm);
        expect([name, bullets]).toEqual([name, parts]);
        const row = text.split('\n').find((line) => line.startsWith(`| [\`${name}\`](#${name.toLowerCase()}) |`));
        expect(row?.split('|').at(-2)?.trim()).toBe(severities[severity as 'page' | 'ticket']);
      }
      const explained = [...sections.keys()].filter((heading) => heading.startsWith('BankCardOcr'));
      expect(explained).toEqual(ALERTS.map(({ name }) => name));
    },
  );

  it('each have a test in which they fire, and one in which they stay silent', () => {
    const tests = TESTS.split(/^ +- name: /m).slice(1);
    for (const { name } of ALERTS) {
      const own = tests.filter((test) => valueIn(test, 'alertname') === name);
      const silent = own.filter((test) => test.includes('exp_alerts: []'));
      expect({ name, fires: own.length > silent.length, isSilent: silent.length > 0 }).toEqual({
        name,
        fires: true,
        isSilent: true,
      });
    }
  });
});
