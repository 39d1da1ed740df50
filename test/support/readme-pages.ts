import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Check, readmeChecks } from './readme-checks.js';
import { architectureChecks, fleetChecks, pageChecks, protocolChecks } from './readme-documents.js';
import { markdownFiles } from './readme-links.js';
import { configurationChecks, errorsChecks, photosChecks } from './readme-references.js';
import type { TypeReport } from './readme-types.js';

/** The repository. */
export const ROOT = path.join(__dirname, '../..');

/** The text of a page, by its path from the root. */
export function readPage(name: string): string {
  return readFileSync(path.join(ROOT, name), 'utf8');
}

/** Every page, with one of the things that it must be; pages of two languages must also agree. */
export function checksOfPages(types: () => TypeReport): [name: string, checks: Check[]][] {
  const optionNames = () => types().optionNames;
  return [
    ['README.md', readmeChecks('en', readPage('README.zh-CN.md'), optionNames)],
    ['README.zh-CN.md', readmeChecks('zh', readPage('README.md'), optionNames)],
    ['docs/configuration.md', configurationChecks('en', readPage('docs/configuration.zh-CN.md'), optionNames)],
    ['docs/configuration.zh-CN.md', configurationChecks('zh', readPage('docs/configuration.md'), optionNames)],
    ['docs/errors.md', errorsChecks('en')],
    ['docs/errors.zh-CN.md', errorsChecks('zh')],
    ['docs/photos.md', photosChecks('en', readPage('docs/photos.zh-CN.md'), types)],
    ['docs/photos.zh-CN.md', photosChecks('zh', readPage('docs/photos.md'), types)],
    ['docs/fleet.md', fleetChecks('en', readPage('docs/fleet.zh-CN.md'), types)],
    ['docs/fleet.zh-CN.md', fleetChecks('zh', readPage('docs/fleet.md'), types)],
    ['docs/protocol.md', protocolChecks(ROOT)],
    ['docs/architecture.md', architectureChecks(ROOT)],
    ...markdownFiles(ROOT).map((name): [string, Check[]] => [name, pageChecks(ROOT, name)]),
  ];
}
