import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SignatureService, VENDOR_CODES, WARNING_TEXTS } from 'nestjs-bankcard-ocr';
import { EXPLAIN_VARIABLES } from '../../libs/bankcard-ocr/src/cli/sign/explain-signature.js';
import { timingsFor } from '../../libs/bankcard-ocr/src/credentials/timings.js';
import { ARCHIVE_VARIABLES } from '../../libs/bankcard-ocr/src/options/options-from-env.js';
import { DEFAULTS, OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { type Check, linkToOtherLanguage, type PageLanguage, sameCode } from './readme-checks.js';
import { brokenLinks } from './readme-links.js';
import { faultsInGenerated, namesInFirstCells } from './readme-tables.js';
import type { TypeReport } from './readme-types.js';

const SECTIONS = ['1', '2', '3', '4', '5', '6', '7', '8'];
/** For which the field has others: fix, response, lifetime; 腾讯云, 有效期, 并存期. */
const PRIVATE_WORDS = /\b(?:mend(?:s|ed|ing)?|blam(?:es?|ed)|lonely|lost answers?)\b|服务商|寿命|重叠期/g;
const SOURCES = ['libs/bankcard-ocr/src', 'apps/demo-api', 'test'];

/** What every markdown file must be. */
export function pageChecks(root: string, name: string): Check[] {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object };
  const variables: ReadonlySet<string> = new Set([
    ...Object.values(OPTION_VARIABLES),
    ...Object.values(EXPLAIN_VARIABLES),
    ...Object.values(ARCHIVE_VARIABLES),
  ]);
  return [
    {
      what: 'has no link that leads nowhere',
      faults: (page) => brokenLinks(root, name, page),
      spoil: (page) => `${page}\n[gone](gone.md) [no such heading](${path.basename(name)}#no-such-heading)\n`,
    },
    {
      what: 'names no npm script that does not exist',
      faults: (page) => {
        const scripts = [...page.matchAll(/npm run (?<script>[\w:-]+)/g)].map(({ groups }) => groups?.['script'] ?? '');
        return scripts.filter((script) => !Object.hasOwn(manifest.scripts, script));
      },
      spoil: (page) => `${page}\nnpm run nothing\n`,
    },
    {
      what: 'has no import that the Jest of a CommonJS backend cannot resolve',
      faults: (page) => page.match(/^(?:import|export) .*from '\.[^']*\.js';$/gm) ?? [],
      spoil: (page) => `${page}\nimport { CardService } from './card.service.js';\n`,
    },
    // The changelog also names variables and commands that no longer exist.
    ...(name === 'CHANGELOG.md' ? [] : [onlyKnownVariables(variables), onlyInstalledCommands()]),
    {
      what: 'uses the words of the field and of Tencent, not private ones',
      faults: (page) => page.replaceAll(/^```.*?^```$/gms, '').match(PRIVATE_WORDS) ?? [],
      spoil: (page) => `${page}\nWhoever mends it is to blame.\n`,
    },
  ];
}

function onlyKnownVariables(variables: ReadonlySet<string>): Check {
  return {
    what: 'names no variable that does not exist',
    faults: (page) => (page.match(/BANKCARD_OCR_\w+/g) ?? []).filter((variable) => !variables.has(variable)),
    spoil: (page) => `${page}\nBANKCARD_OCR_APPID\n`,
  };
}

function onlyInstalledCommands(): Check {
  return {
    what: 'runs the command line of the package that is installed, never of one that npx would download',
    faults: unsafeCommands,
    spoil: (page) => `${page}\nnpx nestjs-bankcard-ocr doctor\n`,
  };
}

/** Calls of the command line that would have npx download a package when this one is not installed. */
export function unsafeCommands(text: string): string[] {
  return text.match(/\b(?:npx|npm exec)(?! --no )[^\n`]*nestjs-bankcard-ocr(?= |`|$)/gm) ?? [];
}

/** What docs/protocol.md must be. */
export function protocolChecks(root: string): Check[] {
  return [
    {
      what: 'has the sections that comments cite',
      faults: (page) => {
        const sections = new Set([...page.matchAll(/^## (\d+)\./gm)].map(([, number = '']) => number));
        return [...SECTIONS, ...citedSections(root)].filter((cited) => !sections.has(cited));
      },
      spoil: (page) => page.replace('## 7. ', '## '),
    },
    {
      what: 'has every vendor code, and no other',
      faults: (page) => symmetricDifference(codesIn(page, 4), ['0', ...Object.keys(VENDOR_CODES)]),
      spoil: (page) => page.replace('| `400501` |', '| `400500` |'),
    },
    {
      what: 'has every warning, and no other',
      faults: (page) => symmetricDifference(codesIn(page, 2), Object.keys(WARNING_TEXTS)),
      spoil: (page) => page.replace('| `-9110` |', '| `-9119` |'),
    },
    {
      what: 'has signatures that are right',
      faults: (page) => {
        const vectors = page.match(/^\| (`\S+` ?)+ \| `[0-9A-F]{40}` \|$/gm) ?? ['none'];
        return vectors.filter((row) => !isRight([...row.matchAll(/`(\S+?)`/g)].map(([, value = '']) => value)));
      },
      spoil: (page) => page.replace('`B02CEBEB', '`B02CEBEC'),
    },
    {
      what: 'names the page of whatever is documented, or says that it is gone',
      faults: (page) =>
        page.match(/\*\*\[D\]\*\*(?! \[[\w-]+\]\(https:\/\/|: | \(the page| ?（该页面|：).{0,30}/g) ?? [],
      spoil: (page) => page.replace('**[D]** [', '**[D]**, ['),
    },
  ];
}

/** What docs/architecture.md must be. */
export function architectureChecks(root: string): Check[] {
  const name = 'docs/architecture.md';
  const folders = ['libs/bankcard-ocr/src', 'apps/demo-api/src'].flatMap((folder) => {
    const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => `${entry.name}/`);
  });
  return [
    {
      what: 'names every folder of the library and of the demo',
      faults: (page) => folders.filter((folder) => !page.includes(folder)),
      spoil: (page) => page.replaceAll('telemetry/', ''),
    },
    {
      what: 'shows the layers that the imports are checked by',
      faults: (page) => faultsInGenerated(root, name, page),
      spoil: (page) => page.replace('| 1 | `runtime/` |', '| 2 | `runtime/` |'),
    },
    {
      what: 'follows an order number through files and functions that exist',
      faults: (page) => {
        const hops = [...page.matchAll(/^\| \d+ \| `(?<file>[^`]+)` \| `(?<name>[^`]+)` \|/gm)];
        if (hops.length === 0) return ['has no hops'];
        return hops.flatMap(({ groups }) => faultsInHop(root, groups?.['file'] ?? '', groups?.['name'] ?? ''));
      },
      spoil: (page) => page.replace('`OrderQuery.', '`OrderInquiry.'),
    },
  ];
}

/** Every part of a function's name is a word of its file. */
function faultsInHop(root: string, file: string, name: string): string[] {
  const source = sourceFile(root, file);
  if (source === undefined) return [`${file} does not exist`];
  const text = readFileSync(source, 'utf8');
  const parts = name.split('.').filter((part) => !new RegExp(`(?<!\\w)${part}(?!\\w)`).test(text));
  return parts.map((part) => `${file} has no ${part}`);
}

/** Where a file is that a page names from the root, or from the source of the library. */
function sourceFile(root: string, file: string): string | undefined {
  return ['', 'libs/bankcard-ocr', 'libs/bankcard-ocr/src']
    .map((folder) => path.join(root, folder, file))
    .find((candidate) => existsSync(candidate));
}

/** A page, `name`, for developers of this library names no file that does not exist. */
export function sourceChecks(root: string, name: string): Check[] {
  return [
    {
      what: 'names no file of the repository that does not exist',
      faults: (page) => {
        const files = [...page.matchAll(/`(?<file>[\w.-]+(?:\/[\w.-]+)+\.(?:ts|cjs|json|md|yml))`/g)];
        const named = files.map(({ groups }) => groups?.['file'] ?? '');
        return named.filter((file) => {
          return sourceFile(root, file) === undefined && !existsSync(path.join(root, path.dirname(name), file));
        });
      },
      spoil: (page) => `${page}\n\`credentials/no-such-file.ts\`\n`,
    },
  ];
}

/** What docs/ticket-record.md must be, and the other language's page, `other`. */
export function recordChecks(language: PageLanguage, other: string, types: () => TypeReport): Check[] {
  const names = (page: string) => namesInFirstCells(page);
  return [
    linkToOtherLanguage('ticket-record', language),
    sameCode(other, (page) => page.replace('sort($values, SORT_STRING)', 'sort($values)')),
    {
      what: 'names every member of a stored record, and no other',
      faults: (page) => {
        const { recordFields } = types();
        const parts = new Set(recordFields.map((field) => field.split('.')[0]));
        const found = names(page).filter((name) => parts.has(name.split('.')[0]) || name.includes('.'));
        return symmetricDifference(found, recordFields);
      },
      spoil: (page) => page.replace('`current.tokenLifeMs`', '`current.tokenLife`'),
    },
    {
      what: 'forgets no member of a stored record',
      faults: (page) => types().recordFields.filter((field) => !names(page).includes(field)),
      spoil: (page) => page.replace(/^\| `rejectedId` .*\n/m, ''),
    },
  ];
}

/** What docs/fleet.md must be, and the other language's page, `other`. */
export function fleetChecks(language: PageLanguage, other: string, types: () => TypeReport): Check[] {
  const names = (page: string) => namesInFirstCells(page);
  return [
    linkToOtherLanguage('fleet', language),
    sameCode(other, (page) => page.replace("keyPrefix: 'shop:'", "keyPrefix: ''")),
    {
      what: 'names every event, and no other',
      faults: (page) => {
        const found = names(page).filter((name) => /^[a-z]+(-[a-z]+)+$/.test(name));
        return symmetricDifference(found, types().eventTypes);
      },
      spoil: (page) => page.replace('| `store-recovered` |', '| `store-back` |'),
    },
    {
      what: 'tells the times that the code has',
      faults: (page) => timesOfTheCode().filter((time) => !new RegExp(`(?<![\\d.])${time}(?!\\w)`).test(page)),
      spoil: (page) => page.replaceAll('3.5 s', '4 s'),
    },
  ];
}

/** The times of a fleet, as a page writes them. */
function timesOfTheCode(): string[] {
  const timings = timingsFor(DEFAULTS.refreshIntervalMs, DEFAULTS.ticketOverlapMs);
  const { pollMs, leaseTtlMs, leasePollMs, longestJitterMs, firstRetryMs, longestRetryMs, overlapMs } = timings;
  const seconds = [pollMs, leaseTtlMs, leasePollMs, longestJitterMs, firstRetryMs, longestRetryMs, overlapMs].map(
    (ms) => `${Number((ms / 1_000).toFixed(2))} s`,
  );
  return [...seconds, `${timings.longestDeveloperRetryMs / 60_000} min`];
}

/** The codes of the first cells of all tables that have so many columns. */
function codesIn(page: string, columns: number): string[] {
  const rows = page.match(/^\| `-?\d+`.*\|$/gm) ?? [];
  return rows
    .map((row) => row.split('|').slice(1, -1))
    .filter((cells) => cells.length === columns)
    .flatMap(([codes = '']) => codes.match(/-?\d+/g) ?? []);
}

function citedSections(root: string): string[] {
  const files = SOURCES.flatMap((folder) => {
    const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(root, folder, name));
  });
  return files.flatMap((file) => {
    const citations = readFileSync(file, 'utf8').match(/protocol\.md sections? \d(?:(?:,| to| and) \d)*/g) ?? [];
    return citations.flatMap((citation) => citation.match(/\d/g) ?? []);
  });
}

function isRight(values: readonly string[]): boolean {
  const ticket = values.at(-2) ?? '';
  return new SignatureService().sign(values.slice(0, -2), ticket) === values.at(-1);
}

function symmetricDifference(found: readonly string[], expected: readonly string[]): string[] {
  return [...found.filter((code) => !expected.includes(code)), ...expected.filter((code) => !found.includes(code))];
}
