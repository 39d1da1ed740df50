import ts from 'typescript';

/** What a comment before a declaration says. */
export interface DocComment {
  /** Its paragraphs. */
  readonly text: string;
  /** By the name of the tag. */
  readonly tags: ReadonlyMap<string, string>;
}

/** Read a comment, given with its delimiters; a tag begins a line, but for a `@default` behind the text. */
export function readDocComment(comment: string): DocComment {
  const lines = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/ (?=@default )/, '\n')
    .split('\n')
    .map((line) => line.replace(/^\s*\*/, '').trim());
  const firstTag = lines.findIndex((line) => line.startsWith('@'));
  const prose = firstTag === -1 ? lines : lines.slice(0, firstTag);
  return {
    text: prose.filter((line) => line !== '').join(' '),
    tags: new Map(lines.slice(prose.length).join('\n').split(/^@/m).slice(1).map(readTag)),
  };
}

/** The comment that follows a place in a file, and stands before whatever comes next; an empty one when there is none. */
export function docCommentAt(source: ts.SourceFile, place: number): DocComment {
  const ranges = ts.getLeadingCommentRanges(source.text, place) ?? [];
  const comments = ranges.map(({ pos, end }) => source.text.slice(pos, end));
  return readDocComment(comments.findLast((comment) => comment.startsWith('/**')) ?? '/***/');
}

/** A text of a comment as Markdown: links become code. */
export function asMarkdown(text: string): string {
  return text
    .replaceAll(/\{@link (\S+)\}/g, '`$1`')
    .replaceAll(/protocol\.md section (\d)/g, '[protocol.md](protocol.md), section $1');
}

function readTag(tag: string): [name: string, text: string] {
  const [, name = '', text = ''] = /^(\w+)\s*(.*)$/s.exec(tag) ?? [];
  return [name, text.trim().replaceAll('\n', ' ')];
}
