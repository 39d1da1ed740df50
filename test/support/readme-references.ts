import { type Check, linkToOtherLanguage, onlyKnownErrorCodes, type PageLanguage, sameCode } from './readme-checks.js';
import { faultsInErrorTable, faultsInOptionTable, faultsInWarningTable, namesInFirstCells } from './readme-tables.js';
import type { TypeReport } from './readme-types.js';

/** What docs/configuration.md must be, the other language's page being `other`. */
export function configurationChecks(
  language: PageLanguage,
  other: string,
  optionNames: () => readonly string[],
): Check[] {
  return [
    linkToOtherLanguage('configuration', language),
    sameCode(other, (page) => page.replace("? 'accept' : 'reject'", "? 'reject' : 'accept'")),
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
    onlyKnownErrorCodes(),
  ];
}

/** What docs/errors.md must be. */
export function errorsChecks(language: PageLanguage): Check[] {
  return [
    linkToOtherLanguage('errors', language),
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
      what: 'forgets no error code',
      faults: faultsInErrorTable,
      spoil: (page) => page.replace(/^\| `RESULT_GONE` .*\n/m, ''),
    },
    {
      what: 'tells the meaning of every warning',
      faults: (page) => faultsInWarningTable(page, language),
      spoil: (page) => page.replace('| `-9112` |', '| `-9115` |'),
    },
    {
      what: 'tells which warnings the strict policy rejects',
      faults: (page) => faultsInWarningTable(page, language),
      spoil: (page) => page.replace(/^(\| `-9113` \|.*\|) `reject` \|$/m, '$1 `accept` |'),
    },
    {
      what: 'forgets no warning',
      faults: (page) => faultsInWarningTable(page, language),
      spoil: (page) => page.replace(/^\| `-9110` .*\n/m, ''),
    },
    onlyKnownErrorCodes(),
  ];
}

/** What docs/photos.md must be, the other language's page being `other`. */
export function photosChecks(language: PageLanguage, other: string, types: () => TypeReport): Check[] {
  const missing = (page: string, names: readonly string[]) => {
    const found = namesInFirstCells(page);
    return names.filter((name) => !found.includes(name));
  };
  return [
    linkToOtherLanguage('photos', language),
    sameCode(other, (page) => page.replace('new PassThrough()', 'new Duplex()')),
    {
      what: 'names every member of a manifest',
      faults: (page) => missing(page, types().manifestFields),
      spoil: (page) => page.replace('`photos.sha256`', '`photos.sha1`'),
    },
    {
      what: 'names no member of a manifest that does not exist',
      faults: (page) => {
        const found = namesInFirstCells(page).filter((name) => name.startsWith('photos.'));
        return found.filter((name) => !types().manifestFields.includes(name));
      },
      spoil: (page) => `${page}\n| \`photos.sha1\` | a hash |\n`,
    },
    {
      what: 'tells every status that photos may have',
      faults: (page) => missing(page, types().photoStatuses),
      spoil: (page) => page.replace('| `gone` |', '| `lost` |'),
    },
    onlyKnownErrorCodes(),
  ];
}
