import { DEFAULTS, ERROR_TEXTS } from 'nestjs-bankcard-ocr';
import { ERROR_STATUS } from 'nestjs-bankcard-ocr/http';
import { OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { generatedPage } from '../../scripts/docs/generated-pages.js';

/** The cells of the rows whose first cell is one text in backticks. */
export function tableRows(page: string): string[][] {
  return page
    .split('\n')
    .filter((line) => /^\| `[^`]+` \|/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Everything in backticks in the first cells of all rows. */
export function namesInFirstCells(page: string): string[] {
  const cells = page.split('\n').flatMap((line) => /^\|(?<cell>(?: `[^`]+`)+) \|/.exec(line)?.groups?.['cell'] ?? []);
  return cells.flatMap((cell) => cell.match(/(?<=`)[^`\s]+(?=`)/g) ?? []);
}

const quoted = (text: string): string => `\`${text}\``;

/** Where a page that has generated parts is not as `npm run docs` makes it. */
export function faultsInGenerated(root: string, name: string, page: string): string[] {
  try {
    const expected = generatedPage(root, name, page).split('\n');
    return page
      .split('\n')
      .flatMap((line, index) => (line === expected[index] ? [] : [`npm run docs changes: ${line}`]));
  } catch (error) {
    return [String(error)];
  }
}

/** The error codes that stand in a page and do not exist. */
export function unknownErrorCodes(page: string): string[] {
  const names = [...page.matchAll(/`(?<name>[A-Z]+(?:_[A-Z]+)+)`/g)].map(({ groups }) => groups?.['name'] ?? '');
  return names.filter((name) => !Object.hasOwn(ERROR_TEXTS, name) && name !== 'PHOTO_NOT_FOUND' && !isVariable(name));
}

/** Of the environment, not of ours: those are checked by their own names. */
function isVariable(name: string): boolean {
  return name.includes('BANKCARD_OCR_') || name.endsWith('_PROXY') || /^(?:NODE|DEMO)_/.test(name);
}

/** The rows of a table of error codes that have another status than theirs. */
export function faultsInStatuses(page: string): string[] {
  const rows = [...page.matchAll(/^\| `(?<code>[A-Z_]+)` \| (?<status>\d{3}) \|/gm)];
  if (rows.length === 0) return ['tells no status'];
  const told = rows.map(({ groups }) => [groups?.['code'] ?? '', Number(groups?.['status'])] as const);
  return told
    .filter(([code, status]) => ERROR_STATUS[code as keyof typeof ERROR_STATUS] !== status)
    .map(([code, status]) => `is not so: ${code} ${status}`);
}

/** What the table of options says wrongly: names, variables, and every default that is a text, a number or a flag. */
export function faultsInOptionTable(page: string, optionNames: readonly string[]): string[] {
  const rows = tableRows(page).filter((cells) => cells.length === 4 && /^`[a-z]\w+`$/.test(cells[0] ?? ''));
  const defaults = new Map(
    Object.entries(DEFAULTS).flatMap(([name, value]) => {
      return typeof value === 'object' ? [] : [[name, quoted(String(value))] as const];
    }),
  );
  const variables: Readonly<Record<string, string | undefined>> = OPTION_VARIABLES;
  const expected = optionNames.map((name) => {
    const variable = variables[name];
    return [quoted(name), variable === undefined ? '' : quoted(variable), defaults.get(name) ?? 'any'].join(' | ');
  });
  const found = rows.map(([name = '', variable, inDefault]) => {
    return [name, variable, defaults.has(name.slice(1, -1)) ? inDefault : 'any'].join(' | ');
  });
  return differences(expected, found);
}

function differences(expected: readonly string[], found: readonly string[]): string[] {
  return [
    ...expected.filter((row) => !found.includes(row)).map((row) => `is missing: ${row}`),
    ...found.filter((row) => !expected.includes(row)).map((row) => `is not so: ${row}`),
    ...found.filter((row, index) => found.indexOf(row) !== index).map((row) => `stands there twice: ${row}`),
  ];
}
