import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { docCommentAt, textsOf } from './doc-comment.js';
import type { InBoth } from './page-language.js';

/**
 * What the comments in a constant say about each of its members: the texts of a list, or the names of an object.
 *
 * @param file by its path from the root
 */
export function textsOfMembers(root: string, file: string, name: string): Map<string, InBoth> {
  const text = readFileSync(path.join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations]);
  let value: ts.Node | undefined = declarations.find((node) => node.name.getText() === name)?.initializer;
  while (value && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
  if (!value || !(ts.isArrayLiteralExpression(value) || ts.isObjectLiteralExpression(value)))
    throw new Error(`no members of ${name} in ${file}`);
  const members: readonly ts.Node[] = ts.isArrayLiteralExpression(value) ? value.elements : value.properties;
  return new Map(
    members.map((member) => {
      const key = ts.isStringLiteral(member) ? member.text : (member as ts.PropertyAssignment).name.getText();
      return [key, textsOf(docCommentAt(source, member.pos), `${name} ${key}`)];
    }),
  );
}
