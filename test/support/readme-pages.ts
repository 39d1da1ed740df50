import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Check, indexChecks, installsFor, readmeChecks, registryPageChecks } from './readme-checks.js';
import {
  architectureChecks,
  fleetChecks,
  pageChecks,
  protocolChecks,
  recordChecks,
  sourceChecks,
} from './readme-documents.js';
import { guideChecks } from './readme-guides.js';
import { markdownFiles } from './readme-links.js';
import { configurationChecks, errorsChecks, photosChecks } from './readme-references.js';
import type { TypeReport } from './readme-types.js';

/** The repository. */
export const ROOT = path.join(__dirname, '../..');

/** The text of a page, by its path from the root. */
export function readPage(name: string): string {
  return readFileSync(path.join(ROOT, name), 'utf8');
}

/** Pages of text, whose two languages have the same shape. */
const GUIDES = [
  ...['getting-started', 'migrating', 'accounts', 'security', 'testing', 'doctor'],
  ...[
    'recognition',
    'batches',
    'phone-sdk',
    'hosts',
    'costs-and-limits',
    'production',
    'telemetry',
    'operations',
    'demo',
  ],
  ...['secret-rotation', 'troubleshooting', 'privacy', 'glossary', 'protocol', 'decisions', 'family'],
];

/** Pages for those who change the library: they name its files. */
const DEVELOPERS_PAGES = ['docs/architecture.md', 'CONTRIBUTING.md', 'test/simulation/README.md', 'bench/README.md'];

/** Every page, with one of the things that it must be; pages of two languages must also agree. */
export function checksOfPages(types: () => TypeReport): [name: string, checks: Check[]][] {
  const optionNames = () => types().optionNames;
  return [
    ['README.md', readmeChecks(ROOT, 'en', optionNames)],
    ['README.md', guideChecks('README', 'en', readPage('README.zh-CN.md'))],
    ['README.zh-CN.md', readmeChecks(ROOT, 'zh', optionNames)],
    ['README.zh-CN.md', guideChecks('README', 'zh', readPage('README.md'))],
    ['docs/README.md', indexChecks('docs', 'en', markdownFiles(ROOT))],
    ['docs/README.md', guideChecks('README', 'en', readPage('docs/README.zh-CN.md'))],
    ['docs/README.zh-CN.md', indexChecks('docs', 'zh', markdownFiles(ROOT))],
    ['docs/README.zh-CN.md', guideChecks('README', 'zh', readPage('docs/README.md'))],
    ['docs/configuration.md', configurationChecks(ROOT, 'en', readPage('docs/configuration.zh-CN.md'))],
    ['docs/configuration.zh-CN.md', configurationChecks(ROOT, 'zh', readPage('docs/configuration.md'))],
    ['docs/errors.md', errorsChecks(ROOT, 'en')],
    ['docs/errors.zh-CN.md', errorsChecks(ROOT, 'zh')],
    ['docs/photos.md', photosChecks('en', readPage('docs/photos.zh-CN.md'), types)],
    ['docs/photos.zh-CN.md', photosChecks('zh', readPage('docs/photos.md'), types)],
    ['docs/fleet.md', fleetChecks('en', readPage('docs/fleet.zh-CN.md'), types)],
    ['docs/fleet.zh-CN.md', fleetChecks('zh', readPage('docs/fleet.md'), types)],
    ['docs/ticket-record.md', recordChecks('en', readPage('docs/ticket-record.zh-CN.md'), types)],
    ['docs/ticket-record.zh-CN.md', recordChecks('zh', readPage('docs/ticket-record.md'), types)],
    ['docs/getting-started.md', [installsFor('@nestjs/core')]],
    ['docs/getting-started.zh-CN.md', [installsFor('@nestjs/core')]],
    ['libs/bankcard-ocr/README.md', registryPageChecks(ROOT, readPage('README.md'))],
    ...GUIDES.flatMap((name): [string, Check[]][] => [
      [`docs/${name}.md`, guideChecks(name, 'en', readPage(`docs/${name}.zh-CN.md`))],
      [`docs/${name}.zh-CN.md`, guideChecks(name, 'zh', readPage(`docs/${name}.md`))],
    ]),
    ['docs/protocol.md', protocolChecks(ROOT)],
    ['docs/protocol.zh-CN.md', protocolChecks(ROOT)],
    ['docs/architecture.md', architectureChecks(ROOT)],
    ...DEVELOPERS_PAGES.map((name): [string, Check[]] => [name, sourceChecks(ROOT, name)]),
    ...markdownFiles(ROOT).map((name): [string, Check[]] => [name, pageChecks(ROOT, name)]),
  ];
}
