import { announce } from '../../apps/demo-api/src/sandbox/announcement.js';
import { faultsInOptionTable, faultsInStatuses, tableRows, unknownErrorCodes } from './readme-tables.js';

/** Something that a page must be: what is wrong with it, and a change of the page that must be noticed. */
export interface Check {
  readonly what: string;
  readonly faults: (page: string) => readonly string[];
  readonly spoil: (page: string) => string;
}

/** The languages that pages are written in. */
export type PageLanguage = 'en' | 'zh';

const COMMANDS = ['npm ci && npm start', 'npm ci && npm test'];
/** What a README leaves to other pages, in its own language. */
const PAGES = ['configuration', 'errors', 'photos', 'fleet'];
/** Without these nothing starts. */
const REQUIRED_OPTIONS = ['appId', 'secret', 'ticketStore'];

/** What a README must be, the other language's page being `other`. */
export function readmeChecks(language: PageLanguage, other: string, optionNames: () => readonly string[]): Check[] {
  return [
    {
      what: 'names the two commands, each on a line of its own',
      faults: (page) => COMMANDS.filter((command) => !page.includes(`\n${command}\n`)),
      spoil: (page) => page.replace('npm ci && npm test', 'npm test'),
    },
    {
      what: 'has no curl command but those that the demo prints',
      faults: (page) => {
        const printed = announce('http://127.0.0.1:3000', false);
        return (page.match(/^curl .*$/gm) ?? ['none']).filter((command) => !printed.includes(`  ${command}\n`));
      },
      spoil: (page) => page.replace('/bank-cards/exampleCleanCard', '/bank-cards/exampleCard'),
    },
    installsFor('./nestjs-bankcard-ocr'),
    linkToOtherLanguage('README', language),
    sameCode(other, (page) => page.replace(".toBe('6222021234567890128')", '.toBeDefined()')),
    {
      what: 'links to the pages that have the rest, in its own language',
      faults: (page) => {
        const links = PAGES.map((name) => `(docs/${fileName(name, language)})`);
        return links.filter((link) => !page.includes(link));
      },
      spoil: (page) => page.replaceAll(`docs/${fileName('errors', language)}`, 'docs/protocol.md'),
    },
    {
      what: 'tells the variable and the default of the options that it lists',
      faults: (page) => faultsInOptionTable(page, listedOptions(page, optionNames())),
      spoil: (page) => page.replace('`15000`', '`10000`'),
    },
    {
      what: 'names no option that does not exist',
      faults: (page) => faultsInOptionTable(page, listedOptions(page, optionNames())),
      spoil: (page) => page.replace('| `timeoutMs` |', '| `timeLimitMs` |'),
    },
    {
      what: 'lists the options that must be set',
      faults: (page) => {
        const listed = listedOptions(page, optionNames());
        return REQUIRED_OPTIONS.filter((name) => !listed.includes(name));
      },
      spoil: (page) => page.replace(/^\| `ticketStore` .*\n/m, ''),
    },
    {
      what: 'tells the status of the error codes that it names as it is',
      faults: faultsInStatuses,
      spoil: (page) => page.replace(/([(（])504/, '$1500'),
    },
    onlyKnownErrorCodes(),
  ];
}

/** A page has an install line for each major of Nest, with the majors of the other packages that go with it. */
export function installsFor(named: string): Check {
  const installed = (page: string) => {
    const lines = (page.match(/^npm install .*$/gm) ?? []).filter((line) => line.includes(named));
    return lines.map((line) => line.match(/@nestjs\/(?:axios|config)(?:@\d+)?/g)?.join(' ') ?? '');
  };
  const right = [4, 12].map((major) => `@nestjs/config@${major}`).join(', ');
  return {
    what: 'installs the packages of Nest 11 first, then those of Nest 12',
    faults: (page) => (installed(page).join(', ') === right ? [] : [`not ${right}`]),
    spoil: (page) => page.replace('@nestjs/config@4', '@nestjs/config'),
  };
}

/** A page names no error code that does not exist. */
export function onlyKnownErrorCodes(): Check {
  return {
    what: 'names no error code that does not exist in its text',
    faults: unknownErrorCodes,
    spoil: (page) => `${page}\n\`CARD_REFUSED\`\n`,
  };
}

/** A page has a link to the same page in the other language. */
export function linkToOtherLanguage(name: string, language: PageLanguage): Check {
  const target = fileName(name, language === 'en' ? 'zh' : 'en');
  return {
    what: 'links to the other language',
    faults: (page) => (page.includes(`(${target})`) ? [] : ['no link']),
    spoil: (page) => page.replaceAll(`(${name}`, '(nowhere'),
  };
}

/** A page has the code of the same page in the other language, `other`. */
export function sameCode(other: string, spoil: Check['spoil']): Check {
  return {
    what: 'has the same code as the other language',
    faults: (page) => differing(codeOf(page), codeOf(other)),
    spoil,
  };
}

function fileName(name: string, language: PageLanguage): string {
  return `${name}${language === 'en' ? '' : '.zh-CN'}.md`;
}

function listedOptions(page: string, optionNames: readonly string[]): string[] {
  const listed = new Set(tableRows(page).map(([name = '']) => name.slice(1, -1)));
  return optionNames.filter((name) => listed.has(name));
}

/** The inside of every block, whatever its language. */
function codeOf(page: string): string[] {
  return [...page.matchAll(/^```\w+\n(?<code>.*?)^```$/gms)].map(({ groups }) => groups?.['code'] ?? '');
}

function differing(blocks: readonly string[], others: readonly string[]): string[] {
  const count = blocks.length === others.length ? [] : [`${blocks.length} blocks, not ${others.length}`];
  return [...count, ...blocks.filter((block, index) => block !== others[index])];
}
