import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The names that an entry exports, types among them. */
function namesOf(entry: string): string[] {
  const file = path.join(__dirname, entry, 'index.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement): string[] => {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause } = statement;
      if (!exportClause || !ts.isNamedExports(exportClause)) throw new Error(`${entry} exports what cannot be counted`);
      return exportClause.elements.map(({ name }) => name.text);
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text);
    return [(statement as ts.FunctionDeclaration).name?.text ?? 'default'];
  });
}

/** All entries together. Whoever adds a name beyond that takes one away. */
const MOST_NAMES = 171;

describe('the public names', () => {
  const { exports } = JSON.parse(readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as { exports: object };
  const entries = Object.keys(exports).filter((name) => name !== './package.json');
  const names = entries.map(namesOf);

  it(`are at most ${MOST_NAMES} over all entries`, () => {
    expect(names.every((each) => each.length > 0)).toBe(true);
    expect(names.flat().length).toBeLessThanOrEqual(MOST_NAMES);
  });

  it('are each exported once', () => {
    expect(names.flat().filter((name, index, all) => all.indexOf(name) !== index)).toEqual([]);
  });
});
