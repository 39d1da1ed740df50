import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { type DocComment, docCommentAt } from './doc-comment.js';

/** One option as its declaration has it. */
export interface OptionDeclaration {
  readonly name: string;
  readonly required: boolean;
  /** The alternatives of its type, e.g. `string`, `TicketStore`. */
  readonly types: readonly string[];
  readonly comment: DocComment;
}

/** The options of one interface. */
export interface OptionGroup {
  readonly name: string;
  readonly options: readonly OptionDeclaration[];
}

type Declarations = ReadonlyMap<string, { readonly source: ts.SourceFile; readonly node: ts.Node }>;

/** The files that declare options, and what the options are made of, by their path from the root. */
const FOLDER = 'libs/bankcard-ocr/src/options';
const WHOLE = 'BankCardOcrOptions';

/** The interfaces that the options of the module are made of, in their order, and last what these add themselves. */
export function readOptionGroups(root: string): OptionGroup[] {
  const declarations = declarationsIn(path.join(root, FOLDER));
  const whole = interfaceOf(declarations, WHOLE);
  const parts = (whole.heritageClauses ?? []).flatMap(({ types }) =>
    types.map(({ expression }) => expression.getText()),
  );
  return [...parts, WHOLE].map((name) => ({ name, options: membersOf(declarations, name) }));
}

function declarationsIn(folder: string): Declarations {
  const files = readdirSync(folder).filter((name) => name.endsWith('.options.ts'));
  const sources = files.map((name) => {
    return ts.createSourceFile(name, readFileSync(path.join(folder, name), 'utf8'), ts.ScriptTarget.ES2023, true);
  });
  return new Map(
    sources.flatMap((source) =>
      source.statements
        .filter((node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
        .map((node) => [node.name.text, { source, node }] as const),
    ),
  );
}

function interfaceOf(declarations: Declarations, name: string): ts.InterfaceDeclaration {
  const node = declarations.get(name)?.node;
  if (!node || !ts.isInterfaceDeclaration(node)) throw new Error(`no interface ${name} in ${FOLDER}`);
  return node;
}

function membersOf(declarations: Declarations, name: string): OptionDeclaration[] {
  const node = interfaceOf(declarations, name);
  return node.members.filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(),
    required: member.questionToken === undefined,
    // Whatever may be left out may be undefined.
    types: member.type ? alternatives(declarations, member.type).filter((type) => type !== 'undefined') : [],
    comment: docCommentAt(node.getSourceFile(), member.pos),
  }));
}

/** The members of a union, also of one that has a name here. */
function alternatives(declarations: Declarations, type: ts.TypeNode): string[] {
  if (ts.isParenthesizedTypeNode(type)) return alternatives(declarations, type.type);
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((one) => alternatives(declarations, one));
  const named = declarations.get(type.getText())?.node;
  if (named && ts.isTypeAliasDeclaration(named)) return alternatives(declarations, named.type);
  if (ts.isFunctionTypeNode(type)) return ['function'];
  // Whatever of it may be left out may be undefined, which Partial does not say.
  const of = ts.isMappedTypeNode(type) && /^keyof (\w+)$/.exec(type.typeParameter.constraint?.getText() ?? '')?.[1];
  return [of ? `Partial<${of}>` : type.getText().replace(/^readonly /, '')];
}
