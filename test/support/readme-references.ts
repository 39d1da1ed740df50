import { BankCardOcrError } from 'nestjs-bankcard-ocr';
import { PhotoNotFoundException } from 'nestjs-bankcard-ocr/http';
import { translate } from '../../libs/bankcard-ocr/src/http/error-response.js';
import { type Check, linkToOtherLanguage, onlyKnownErrorCodes, type PageLanguage, sameCode } from './readme-checks.js';
import { faultsInGenerated, namesInFirstCells } from './readme-tables.js';
import type { TypeReport } from './readme-types.js';

/** What docs/configuration.md must be, the other language's page being `other`. */
export function configurationChecks(root: string, language: PageLanguage, other: string): Check[] {
  const name = `docs/configuration${language === 'en' ? '' : '.zh-CN'}.md`;
  return [
    linkToOtherLanguage('configuration', language),
    sameCode(other, (page) => page.replace("? 'accept' : 'reject'", "? 'reject' : 'accept'")),
    {
      what: 'tells the options as the code has them',
      faults: (page) => faultsInGenerated(root, name, page),
      spoil: (page) => page.replace('`15000`', '`10000`'),
    },
    {
      what: 'has a place for every table of options',
      faults: (page) => faultsInGenerated(root, name, page),
      spoil: (page) => page.replace('<!-- generated: QueryLimits -->', ''),
    },
    onlyKnownErrorCodes(),
  ];
}

/** What docs/errors.md must be. */
export function errorsChecks(root: string, language: PageLanguage): Check[] {
  const name = `docs/errors${language === 'en' ? '' : '.zh-CN'}.md`;
  return [
    linkToOtherLanguage('errors', language),
    {
      what: 'tells errors, vendor codes and warnings as the code has them',
      faults: (page) => faultsInGenerated(root, name, page),
      spoil: (page) => page.replace('| 504 |', '| 500 |'),
    },
    {
      what: 'has a place for every table of them',
      faults: (page) => faultsInGenerated(root, name, page),
      spoil: (page) => page.replace('<!-- generated: vendor codes -->', ''),
    },
    {
      what: 'tells what every body of an error has',
      faults: (page) => {
        const told = namesInFirstCells(page);
        return membersOfBodies().filter((name) => !told.includes(name));
      },
      spoil: (page) => page.replace('| `outcomeUnknown` |', '| `outcome` |'),
    },
    {
      what: 'tells every reason why there is no photo',
      faults: (page) => REASONS.filter((reason) => !page.includes(`| \`PHOTO_NOT_FOUND\` | 404 | \`${reason}\` |`)),
      spoil: (page) => page.replace('| `absent` |', '| `gone` |'),
    },
    onlyKnownErrorCodes(),
  ];
}

const REASONS = ['pending', 'missing', 'absent'] as const;

/** Of the bodies that errors have over HTTP, with everything that an error can bring. */
function membersOfBodies(): string[] {
  const details = { vendorCode: '1', bizSeqNo: '26112820001184412621152400000004' };
  const errors = [
    Object.assign(new BankCardOcrError('TIMEOUT', details), { orderNo: 'order1', outcomeUnknown: true }),
    Object.assign(new BankCardOcrError('CARD_REJECTED', details), { warnings: [{ code: '-9113' }] }),
    ...REASONS.map((reason) => new PhotoNotFoundException('original', reason)),
  ];
  return [...new Set(errors.flatMap((error) => Object.keys(Object(translate(error, {})?.exception.getResponse()))))];
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
