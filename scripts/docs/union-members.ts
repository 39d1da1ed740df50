import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { docCommentAt, textsOf } from './doc-comment.js';
import type { InBoth } from './page-language.js';

/**
 * What the comments of a union of texts say about each of them.
 *
 * @param file by its path from the root
 */
export function textsOfUnion(root: string, file: string, name: string): Map<string, InBoth> {
  const text = readFileSync(path.join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const declaration = source.statements.filter(ts.isTypeAliasDeclaration).find((node) => node.name.text === name);
  const union = declaration?.type;
  if (!union || !ts.isUnionTypeNode(union)) throw new Error(`no union ${name} in ${file}`);
  return new Map(
    union.types.map((member, index) => {
      const value = member.getText().slice(1, -1);
      // The comment stands before the bar, and the node behind it.
      const place = union.types[index - 1]?.end ?? union.pos;
      return [value, textsOf(docCommentAt(source, place), `${name} ${value}`)];
    }),
  );
}
