import ts from 'typescript';
import type { InBoth } from './page-language.js';

/** What a comment before a declaration says. */
export interface DocComment {
  /** Its paragraphs in English. */
  readonly text: string;
  /** Its paragraphs in Chinese. */
  readonly zh: string;
  /** By the name of the tag. */
  readonly tags: ReadonlyMap<string, string>;
}

const HAN = /\p{Script=Han}/u;

/** Read a comment, given with its delimiters; a tag begins a line, and a line is in Chinese when it has a Han character. */
export function readDocComment(comment: string): DocComment {
  const lines = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*/, '').trim());
  const firstTag = lines.findIndex((line) => line.startsWith('@'));
  const prose = firstTag === -1 ? lines : lines.slice(0, firstTag);
  const pieces = prose.flatMap((line) => line.split(' | ')).filter((piece) => piece !== '');
  return {
    text: joined(pieces.filter((piece) => !HAN.test(piece)).join('\n')),
    zh: joined(pieces.filter((piece) => HAN.test(piece)).join('\n')),
    tags: new Map(lines.slice(prose.length).join('\n').split(/^@/m).slice(1).map(readTag)),
  };
}

/** The comment that follows a place in a file, and stands before whatever comes next; an empty one when there is none. */
export function docCommentAt(source: ts.SourceFile, place: number): DocComment {
  const ranges = ts.getLeadingCommentRanges(source.text, place) ?? [];
  const comments = ranges.map(({ pos, end }) => source.text.slice(pos, end));
  return readDocComment(comments.findLast((comment) => comment.startsWith('/**')) ?? '/***/');
}

/**
 * The text of a comment in both languages, as Markdown.
 *
 * @throws when the comment lacks one of the two
 */
export function textsOf({ text, zh }: DocComment, what: string): InBoth {
  if (text === '' || zh === '') throw new Error(`${what} has no ${text === '' ? 'English' : 'Chinese'} text`);
  return { en: asMarkdown(text), zh: asMarkdown(zh) };
}

/** A text of a comment as Markdown: links become code. */
export function asMarkdown(text: string): string {
  return text
    .replaceAll(/\{@link (\S+)\}/g, '`$1`')
    .replaceAll(/protocol\.md section (\d)/g, '[protocol.md](protocol.md), section $1');
}

function readTag(tag: string): [name: string, text: string] {
  const [, name = '', text = ''] = /^(\w+)\s*(.*)$/s.exec(tag) ?? [];
  return [name, joined(text)];
}

/** One line of several; those in Chinese are put together without a space. */
function joined(lines: string): string {
  return lines.trim().replaceAll(/(?<=(?<last>.))\n(?=(?<next>.))/g, (_, last: string, next: string) => {
    return /^[ -~]{2}$/.test(last + next) ? ' ' : '';
  });
}
