import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { markdownFiles } from '../support/readme-links.js';
import { ROOT } from '../support/readme-pages.js';

/** Words that this project once used in place of the industry's own; each alternative is one word or phrase. */
const ENGLISH = wordsOf(
  ...['answer(?:s|ed|ing)?', 'unanswered', 'tells?', 'told', 'gives', 'stands? (?:in|there)', 'judge[sd]?', 'judging'],
  ...['mend(?:s|ed|ing)?', 'blame[sd]?', 'visit(?:s|ed)?', '(?:a|an|the|each|every|one|another|first|last) look'],
  ...['whoever', 'somebody', 'nobody', 'everybody', 'lonely', 'desk', 'held', 'moments?'],
  ...['signs? of life', 'lapse[sd]?', 'life', 'die[sd]?', 'dead'],
);
const CHINESE = /手里|别人|去找|碰头|死了|寿命|服务商|锁|谁/g;

/** Where a word of the list is the industry's own. */
const LEGITIMATE = /\bdead[- ]letter/gi;

function wordsOf(...alternatives: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w-])(?:${alternatives.join('|')})(?![\\w-])`, 'gi');
}

/** The words of the lists in a text, with what stands around them. */
function dialectIn(text: string): string[] {
  const prose = text.replaceAll(LEGITIMATE, ' ').replaceAll(/\s+/g, ' ');
  return [ENGLISH, CHINESE].flatMap((words) =>
    [...prose.matchAll(words)].map(({ 0: word, index }) => {
      return `${word}: …${prose.slice(Math.max(0, index - 40), index + word.length + 40)}…`;
    }),
  );
}

/** A page without blocks and spans of code, comments, and the targets of links. */
function proseOf(page: string): string {
  return page
    .replaceAll(/^([ \t]*)(```+|~~~+)[^]*?^\1\2\s*$/gm, '')
    .replaceAll(/(?<=\n\n)(?: {4}.*\n)+/g, '')
    .replaceAll(/(`+)[^]*?(?<!`)\1(?!`)/g, ' ` ')
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/\]\([^)]*\)/g, ']');
}

const LIBRARY = path.join(ROOT, 'libs/bankcard-ocr/src');

/** The public names of an entry, each with the text of its JSDoc and that of its members. */
function publicComments(file: string): [name: string, comment: string][] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement): [string, string][] => {
    if (!ts.isExportDeclaration(statement))
      return declaredNames(statement).map((name) => [name, commentsIn(statement)]);
    const { exportClause, moduleSpecifier } = statement;
    if (!exportClause || !ts.isNamedExports(exportClause) || !moduleSpecifier) throw new Error(`what ${file} exports`);
    const from = path.join(path.dirname(file), (moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.ts'));
    const names = exportClause.elements.map((element) => (element.propertyName ?? element.name).text);
    const found = publicComments(from).filter(([name]) => names.includes(name));
    const missing = names.find((name) => !found.some(([each]) => each === name));
    if (missing !== undefined) throw new Error(`${from} does not declare ${missing}`);
    return found;
  });
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.Statement & { readonly name?: ts.Node };
  return name ? [name.getText()] : [];
}

function commentsIn(node: ts.Node): string {
  return (node.getFullText().match(/\/\*\*[^]*?\*\//g) ?? [])
    .join('\n')
    .replaceAll(/^\s*\*\s?/gm, '')
    .replaceAll(/`[^`]*`|\{@link [^}]*\}/g, ' ` ');
}

/** Every page of the project for people, of users as of contributors; templates of the repository's host are not among them. */
const PAGES = markdownFiles(ROOT).filter((name) =>
  /^(?:[^/]+|docs\/[^/]+|(?:libs|examples)\/[^/]+\/README|bench\/README|test\/simulation\/README)\.md$/.test(name),
);

const { exports } = JSON.parse(readFileSync(path.join(LIBRARY, '../package.json'), 'utf8')) as { exports: object };
const ENTRIES = Object.keys(exports)
  .filter((name) => name !== './package.json')
  .map((entry) => path.join(LIBRARY, entry, 'index.ts'));

describe('plain language', () => {
  it.each([
    ['a word of the list', 'Tencent answers.', ['answers']],
    ['a word in capitals', 'Nobody waits.', ['Nobody']],
    ['each of several', 'What it gives is told.', ['gives', 'told']],
    ['a phrase over a line end', 'It stands\nin the store.', ['stands in']],
    ['a Chinese word', '由谁处理', ['谁']],
    ['none within a longer word or name', 'lifetime, held-back, diet, momentary, judgement', []],
    ['none in code', 'The fault `answer`.\n\n    it gives\n\n```ts\n// told\n```\n', []],
    [
      'the prose between two blocks of code',
      'One\n\n```sh\nit gives\n```\n\nis told\n\n```\nit tells\n```\n\nby `a` who answers `b`',
      ['told', 'answers'],
    ],
    ['none that is the word of the industry', 'a dead letter queue, a dead-letter queue', []],
  ])('finds %s', (_what, page, words) => {
    expect(dialectIn(proseOf(page)).map((found) => found.split(':')[0])).toEqual(words);
  });

  it.each(PAGES)('is what %s is written in', (name) => {
    expect(dialectIn(proseOf(readFileSync(path.join(ROOT, name), 'utf8')))).toEqual([]);
  });

  it('is what the JSDoc of every public name is written in', () => {
    expect(ENTRIES.every((entry) => existsSync(entry))).toBe(true);
    const comments = ENTRIES.flatMap(publicComments);
    expect(comments.filter(([, comment]) => comment !== '').length).toBeGreaterThan(80);
    expect(comments.flatMap(([name, text]) => dialectIn(text).map((found) => `${name}: ${found}`))).toEqual([]);
  });
});
