import { announce } from '../../apps/demo-api/src/sandbox/announcement.js';
import { faultsInErrorTable, faultsInOptionTable, faultsInWarningLine } from './readme-tables.js';

/** Something that a page must be: what is wrong with it, and a change of the page that must be noticed. */
export interface Check {
  readonly what: string;
  readonly faults: (page: string) => readonly string[];
  readonly spoil: (page: string) => string;
}

const LONGEST_README = 200;
const COMMANDS = ['npm ci && npm start', 'npm ci && npm test'];

/** What a README must be, the other language's page being `other`. */
export function readmeChecks(language: 'en' | 'zh', other: string, optionNames: () => readonly string[]): Check[] {
  return [
    {
      what: `has ${LONGEST_README} lines at most`,
      faults: (page) => (page.trimEnd().split('\n').length > LONGEST_README ? ['too long'] : []),
      spoil: (page) => page.replace('\n', '\n'.repeat(LONGEST_README)),
    },
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
    {
      what: 'links to the other language',
      faults: (page) => (page.includes(`(README${language === 'en' ? '.zh-CN' : ''}.md)`) ? [] : ['no link']),
      spoil: (page) => page.replaceAll('README', 'readme'),
    },
    sameCode(other, (page) => page.replace(".toBe('6222021234567890128')", '.toBeDefined()')),
    {
      what: 'tells the status of every error code, and who acts',
      faults: faultsInErrorTable,
      spoil: (page) => page.replace('| 504 |', '| 500 |'),
    },
    {
      what: 'names no error code that does not exist',
      faults: faultsInErrorTable,
      spoil: (page) => page.replace('| `TIMEOUT` |', '| `TIMED_OUT` |'),
    },
    {
      what: 'tells the meaning of every warning',
      faults: (page) => faultsInWarningLine(page, language),
      spoil: (page) => page.replace('`-9112` ', '`-9115` '),
    },
    {
      what: 'tells the variable and the default of every option',
      faults: (page) => faultsInOptionTable(page, optionNames()),
      spoil: (page) => page.replace('`15000`', '`10000`'),
    },
    {
      what: 'names no option that does not exist',
      faults: (page) => faultsInOptionTable(page, optionNames()),
      spoil: (page) => page.replace('| `clock` |', '| `watch` |'),
    },
    {
      what: 'forgets no option',
      faults: (page) => faultsInOptionTable(page, optionNames()),
      spoil: (page) => page.replace(/^\| `maxAttempts` .*\n/m, ''),
    },
  ];
}

/** A page has the code of the same page in the other language, `other`. */
export function sameCode(other: string, spoil: Check['spoil']): Check {
  return {
    what: 'has the same code as the other language',
    faults: (page) => differing(codeOf(page), codeOf(other)),
    spoil,
  };
}

/** The inside of every block, whatever its language. */
function codeOf(page: string): string[] {
  return [...page.matchAll(/^```\w+\n(?<code>.*?)^```$/gms)].map(({ groups }) => groups?.['code'] ?? '');
}

function differing(blocks: readonly string[], others: readonly string[]): string[] {
  const count = blocks.length === others.length ? [] : [`${blocks.length} blocks, not ${others.length}`];
  return [...count, ...blocks.filter((block, index) => block !== others[index])];
}
