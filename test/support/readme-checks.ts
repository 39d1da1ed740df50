import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as library from 'nestjs-bankcard-ocr';
import * as config from 'nestjs-bankcard-ocr/config';
import * as http from 'nestjs-bankcard-ocr/http';
import * as ops from 'nestjs-bankcard-ocr/ops';
import * as redis from 'nestjs-bankcard-ocr/redis';
import * as testing from 'nestjs-bankcard-ocr/testing';
import ts from 'typescript';
import { announce } from '../../apps/demo-api/src/sandbox/announcement.js';
import { resolveOptions } from '../../libs/bankcard-ocr/src/options/resolve-options.js';
import { blocksOf } from './page-blocks.cjs';
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
const PAGES = ['configuration', 'errors', 'photos', 'fleet', 'README'];
/** Without these nothing starts. */
const REQUIRED_OPTIONS = ['appId', 'secret', 'ticketStore'];

/** What a README must be. */
export function readmeChecks(root: string, language: PageLanguage, optionNames: () => readonly string[]): Check[] {
  return [
    {
      what: 'names the two commands, each on a line of its own',
      faults: (page) => COMMANDS.filter((command) => !page.includes(`\n${command}\n`)),
      spoil: (page) => page.replace('npm ci && npm test', 'npm test'),
    },
    ...optionalPackages(root),
    {
      what: 'prints what the demo says at its start',
      faults: (page) => {
        const said = blocksOf(page).filter(({ language, code }) => language === 'text' && code.startsWith('demo-api'));
        const announced = announce('http://127.0.0.1:3000', { hasOwnKeys: false, auditFile: 'audit.jsonl' });
        const others = said.filter(({ code }) => !announced.includes(code));
        return said.length === 1 ? others.map(({ code }) => code) : ['does not print it once'];
      },
      spoil: (page) => page.replace('demo-api: http', 'demo: http'),
    },
    namesOfThePackage(),
    firstExamplesNeedNoRoot(),
    ...(language === 'zh' ? [commentsAreChinese()] : []),
    {
      what: 'links to the pages that have the rest, in its own language',
      faults: (page) => {
        const links = PAGES.map((name) => `(docs/${fileName(name, language)})`);
        return links.filter((link) => !page.includes(link));
      },
      spoil: (page) => page.replaceAll(`docs/${fileName('errors', language)}`, 'docs/protocol.md'),
    },
    {
      what: 'tells what becomes of requests on every host that Tencent has named',
      faults: faultsInHosts,
      spoil: (page) =>
        page.replace(/`https:\/\/kyc1\.qcloud\.com` \| `appId`/, '`https://kyc1.qcloud.com` | `webankAppId`'),
    },
    {
      what: 'tells what was measured as its sources have it',
      faults: (page) => faultsInMeasurements(root, page),
      spoil: (page) => page.replace(/\| \d+ (?=ms|毫秒)/, '| 0 '),
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
      spoil: (page) => page.replace(/^\| `ticketStore` \| `BANKCARD.*\n/m, ''),
    },
    {
      what: 'tells the status of the error codes that it names as it is',
      faults: faultsInStatuses,
      spoil: (page) => page.replace('| 503 |', '| 500 |'),
    },
    onlyKnownErrorCodes(),
  ];
}

/** What the page of the registry must be: it is shown where there is no repository. */
export function registryPageChecks(root: string, readme: string): Check[] {
  const shown = new Set(blocksOf(readme).map(({ code }) => code));
  return [
    ...optionalPackages(root),
    namesOfThePackage(),
    firstExamplesNeedNoRoot(),
    {
      what: 'has no code and no output but those of the README, which are tried',
      faults: (page) => {
        const blocks = blocksOf(page).filter(
          ({ language, code }) => !['ini', 'sh'].includes(language) && !shown.has(code),
        );
        return blocks.map(({ code }) => code);
      },
      spoil: (page) => page.replace('isGlobal: true', 'isGlobal: false'),
    },
    {
      what: 'has no link that needs the repository around it',
      faults: (page) => page.match(/\]\((?!https:\/\/|#)[^)]*\)/g) ?? [],
      spoil: (page) => `${page}\n[errors](../../docs/errors.md)\n`,
    },
  ];
}

/** An index of pages has all of a folder, in its own language or, where there is none, in English. */
export function indexChecks(folder: string, language: PageLanguage, pages: readonly string[]): Check[] {
  const here = pages.filter((name) => path.dirname(name) === folder).map((name) => path.basename(name));
  const wanted = here.filter((name) => {
    const isChinese = name.endsWith('.zh-CN.md');
    if (name.startsWith('README.')) return false;
    return language === 'en' ? !isChinese : isChinese || !here.includes(name.replace(/\.md$/, '.zh-CN.md'));
  });
  return [
    {
      what: 'leads to every page of its folder',
      faults: (page) => wanted.filter((name) => !page.includes(`](${name})`)),
      spoil: (page) => page.replaceAll(/\]\(photos[^)]*\)/g, '](errors.md)'),
    },
  ];
}

/** Packages of another major for each Nest, and nothing that the package itself does not name. */
function optionalPackages(root: string): Check[] {
  const manifest = JSON.parse(readFileSync(path.join(root, 'libs/bankcard-ocr/package.json'), 'utf8')) as {
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, object>;
  };
  return [
    {
      what: 'has every optional package in the table of those that go with Nest 11 and with Nest 12',
      faults: (page) => {
        const cells = page.split('\n').flatMap((line) => (line.startsWith('|') ? [line.split('|').slice(-3, -1)] : []));
        const named = (index: number) => cells.map((row) => row[index] ?? '').join(' ');
        return Object.keys(manifest.peerDependenciesMeta).flatMap((name) => {
          const range = manifest.peerDependencies[name] ?? '';
          // A package of Nest has its majors 4 and 12; the others are the same for both.
          const majors = name.startsWith('@nestjs/') ? ['@4', '@12'] : ['', ''];
          if (majors[0] !== '' && range !== '^4.0.0 || ^12.0.0') return [`${name} has other majors: ${range}`];
          const texts = majors.map((major) => new RegExp(`(?<![\\w/-])${name}${major}(?![\\w@-])`));
          return texts.flatMap((text, index) =>
            text.test(named(index)) ? [] : [`${name}${majors[index]} is missing`],
          );
        });
      },
      spoil: (page) => page.replaceAll('@nestjs/config@4', '@nestjs/config@12'),
    },
    {
      what: 'installs nothing that is of one major of Nest without saying which',
      faults: (page) => (page.match(/^npm install .*$/gm) ?? []).filter((line) => /@nestjs\/\w+(?!\w*@\d)/.test(line)),
      spoil: (page) => page.replace(/^npm install /m, 'npm install @nestjs/config '),
    },
  ];
}

/** What a reader would import or call. */
function namesOfThePackage(): Check {
  const exported = new Map<string, unknown>(
    [library, config, http, ops, redis, testing].flatMap((entry) => Object.entries(entry)),
  );
  const isOurs = /^(?:BankCard|Kyc|Ticket|Card|Ocr|Sdk|Sign|Recognition|Redis|Photos|OrderNo|CardNumber)\w*[a-z]$/;
  /** Of a class, or of what the container makes from it: accessors are on the prototype, fields are not. */
  const methods = (name: string) => {
    const prototype = (exported.get(name) as { prototype?: object } | undefined)?.prototype;
    return prototype === undefined ? [] : Object.getOwnPropertyNames(prototype);
  };
  return {
    what: 'names no class and no method that the package does not have',
    faults: (page) => {
      const text = page.replaceAll(/^```.*?^```$/gms, '');
      const classes = [...text.matchAll(/`(?<name>[A-Z]\w+)/g)].map(({ groups }) => groups?.['name'] ?? '');
      const calls = [
        ...[...text.matchAll(/`(?<name>[A-Z]\w+)\.(?<method>\w+)\(/g)].map(({ groups }) => groups),
        // A row of a table of services: a class, then its methods.
        ...[...text.matchAll(/^\| `(?<name>\w+Service)` \| (?<cell>.*) \|$/gm)].flatMap(({ groups }) => {
          const called = groups?.['cell']?.matchAll(/`(?<method>\w+)\(/g) ?? [];
          return [...called].map((call) => ({ name: groups?.['name'], method: call.groups?.['method'] }));
        }),
      ].map((call) => [call?.['name'] ?? '', call?.['method'] ?? ''] as const);
      return [
        ...classes.filter((name) => isOurs.test(name) && !exported.has(name)),
        ...calls
          .filter(([name]) => exported.has(name))
          .filter(([name, method]) => !methods(name).includes(method) && !(method in Object(exported.get(name))))
          .map(([name, method]) => `${name} has no ${method}`),
      ];
    },
    spoil: (page) => page.replaceAll('`TicketService', '`TicketsService').replaceAll('`KycSandbox', '`KycSandBox'),
  };
}

/** A directory of the system can be written by root only, and the first try would fail. */
function firstExamplesNeedNoRoot(): Check {
  return {
    what: 'keeps tickets where an ordinary user may write',
    faults: (page) => page.match(/file:\/\S*/g) ?? [],
    spoil: (page) => page.replaceAll('file:./.tickets', 'file:/var/lib/my-app/tickets'),
  };
}

function commentsAreChinese(): Check {
  return {
    what: 'has its comments in Chinese',
    faults: (page) => {
      const code = blocksOf(page).filter(({ language }) => language === 'ts' || language === 'js');
      const comments = code.flatMap(({ code }) => code.match(/\/\*\*[^]*?\*\/|(?<=^|\s)\/\/ .*$/gm) ?? []);
      return comments.filter(
        (comment) => !/\p{Script=Han}/u.test(comment) && !/^\/\/ [\w.-]+\.(?:ts|mjs)$/.test(comment),
      );
    },
    spoil: (page) => page.replace(/\/\/ CARD_UNREADABLE.*/, '// a new photo helps'),
  };
}

/** The rows of the table of hosts: where queries and images go, and what the app id is called in the body of images. */
function faultsInHosts(page: string): string[] {
  const rows = page.match(/^\| `[\w.-]+\.com`.*\|$/gm) ?? [];
  const found = rows.map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  const hosts = ['idasc.webank.com', 'kyc.qcloud.com', 'miniprogram-kyc.tencentcloudapi.com', 'kyc1.qcloud.com'];
  const expected = hosts.map((host, index) => {
    const baseUrl = `https://${host}`;
    const account = { appId: 'IDAXXXXX', secret: 'a'.repeat(64), ticketStore: 'memory:', proxy: 'none' };
    const { recognitionBaseUrl, appIdFields } = resolveOptions(index === 0 ? account : { ...account, baseUrl });
    const named = index === 0 ? [host] : [host, baseUrl];
    return [...named, recognitionBaseUrl.origin, appIdFields.recognize];
  });
  const shown = found.map((cells) => cells.join(' '));
  const right = expected.map((cells) => cells.join(' '));
  return [...right.filter((row) => !shown.includes(row)), ...shown.filter((row) => !right.includes(row))];
}

/** They are those of the last full run of the bench that was kept. */
function faultsInMeasurements(root: string, page: string): string[] {
  const { date, findings } = JSON.parse(readFileSync(path.join(root, 'bench/results/latest.json'), 'utf8')) as {
    date: string;
    findings: { id: string; value: number }[];
  };
  const value = (id: string, digits = 0) => findings.find((one) => one.id === id)?.value.toFixed(digits);
  const told = page.split('\n').map((line) => line.split('|').slice(2, 4).join(' '));
  const numbers = new Set(told.map((cells) => (cells.match(/[\d.]+/g) ?? []).join(' ')));
  const right = [
    `${value('small-undici-floor', 1)} ${value('small-usual-floor')}`,
    `${value('stall-ours-undici-ms')} ${value('stall-usual-ms')}`,
  ];
  return [
    ...right.filter((pair) => !numbers.has(pair)).map((pair) => `does not tell ${pair}`),
    ...(page.includes(date.slice(0, 10)) ? [] : [`was measured on ${date}`]),
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
    what: 'has the same code as the other language, comments and captions of diagrams apart',
    faults: (page) => differing(codeOf(page), codeOf(other)),
    spoil,
  };
}

function fileName(name: string, language: PageLanguage): string {
  return `${name}${language === 'en' ? '' : '.zh-CN'}.md`;
}

function listedOptions(page: string, optionNames: readonly string[]): string[] {
  const rows = tableRows(page).filter(({ length }) => length === 4);
  const listed = new Set(rows.map(([name = '']) => name.slice(1, -1)));
  return optionNames.filter((name) => listed.has(name));
}

/** The inside of every block without what is in the language of its page: comments, and captions of diagrams. */
function codeOf(page: string): string[] {
  return blocksOf(page).map(({ language, code }) => withoutComments(language, code));
}

/** What a comment is in the languages that pages have; texts in quotation marks are passed over. */
const COMMENTS: Readonly<Record<string, RegExp>> = {
  sh: /(?<kept>"(?:\\.|[^"\\])*"|'[^']*')|(?<=^|\s)#.*$/gm,
  java: /(?<kept>"(?:\\.|[^"\\])*")|\/\*.*?\*\/|\/\/[^\n]*/gs,
  php: /(?<kept>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\/\*.*?\*\/|(?:\/\/|#)[^\n]*/gs,
  // Names and messages; the arrows between them stay.
  mermaid: /(?<kept>^\s*(?:participant \w+ as |Note over [\w,]+:|\w+-+>>?\w+:)).*$/gm,
};

function withoutComments(language: string, code: string): string {
  // A Chinese page asks the command line for Chinese, so that it prints what the page shows.
  if (language === 'sh' && code.includes(' --lang zh'))
    return withoutComments(language, code.replaceAll(' --lang zh', ''));
  if (language === 'ts' || language === 'js') return printed(code);
  const comments = COMMENTS[language];
  const text = comments
    ? code.replaceAll(comments, (...match) => (match.at(-1) as { kept?: string }).kept ?? '')
    : code;
  return text
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}

/** As the compiler prints it, without comments; the name of the file stays. */
function printed(code: string): string {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  return [/^\/\/ \S+$/m.exec(code)?.[0], ts.createPrinter({ removeComments: true }).printFile(source)].join('\n');
}

function differing(blocks: readonly string[], others: readonly string[]): string[] {
  const count = blocks.length === others.length ? [] : [`${blocks.length} blocks, not ${others.length}`];
  return [...count, ...blocks.filter((block, index) => block !== others[index])];
}
