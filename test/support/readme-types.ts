import path from 'node:path';
import ts from 'typescript';

/** What the compiler finds wrong, and what it knows that the documents tell. */
export interface TypeReport {
  /** By file name, e.g. `app.module.ts`. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  readonly optionNames: readonly string[];
  /** Of a stored record, those of its parts with a dot, e.g. `current.id`. */
  readonly recordFields: readonly string[];
  readonly eventTypes: readonly string[];
  /** Of the manifest of a download, those of its photos with a dot, e.g. `photos.sha256`. */
  readonly manifestFields: readonly string[];
  readonly photoStatuses: readonly string[];
}

const LIBRARY = 'libs/bankcard-ocr/src';
const OPTIONS_FILE = `${LIBRARY}/options/bankcard-ocr.options.ts`;
const RECORD_FILE = `${LIBRARY}/credentials/ticket-record.ts`;
const EVENT_FILE = `${LIBRARY}/credentials/ticket-event.ts`;
const MANIFEST_FILE = `${LIBRARY}/results/download/download.ts`;
const PHOTO_FILE = `${LIBRARY}/card/card-photo.ts`;
const FILES = [OPTIONS_FILE, RECORD_FILE, EVENT_FILE, MANIFEST_FILE, PHOTO_FILE];

/**
 * Check files with the repository's own compiler options, and exactOptionalPropertyTypes, which some backends have; all in
 * one program: that is what takes the time.
 */
export function checkTypes(root: string, files: readonly string[]): TypeReport {
  const configFile = path.join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(configFile, (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [] },
    ts.sys,
    root,
    { noEmit: true, exactOptionalPropertyTypes: true },
    configFile,
  );
  const library = FILES.map((file) => path.join(root, file));
  const host = ts.createCompilerHost(options);
  // As tsc does: what only editors show of comments is not read.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const program = ts.createProgram([...files, ...library], options, host);
  const errors = new Map(
    files.map((file) => {
      const source = program.getSourceFile(file);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [path.basename(file), found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
  const checker = program.getTypeChecker();
  const declared = (file: string, name: string) => declaredType(program, path.join(root, file), name);
  const names = (type: ts.Type) => type.getProperties().map(({ name }) => name);
  return {
    errors,
    optionNames: names(declared(OPTIONS_FILE, 'BankCardOcrOptions')),
    recordFields: fieldsOf(checker, declared(RECORD_FILE, 'TicketRecord')),
    eventTypes: discriminants(checker, declared(EVENT_FILE, 'TicketEvent')),
    manifestFields: [
      ...names(declared(MANIFEST_FILE, 'DownloadManifest')),
      ...names(declared(MANIFEST_FILE, 'DownloadedPhoto')).map((name) => `photos.${name}`),
    ],
    photoStatuses: textsOf(checker, declared(PHOTO_FILE, 'CardPhotos').getProperty('status')!),
  };
}

function declaredType(program: ts.Program, file: string, name: string): ts.Type {
  const declaration = program
    .getSourceFile(file)
    ?.statements.filter((statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
    .find((statement) => statement.name.text === name);
  if (!declaration) throw new Error(`${name} is not declared in ${file}`);
  return program.getTypeChecker().getTypeAtLocation(declaration);
}

/** The members of a type and of those in it; what is a list counts as one of its elements. */
function fieldsOf(checker: ts.TypeChecker, type: ts.Type, prefix = ''): string[] {
  return type.getProperties().flatMap((property) => {
    const whole = checker.getNonNullableType(checker.getTypeOfSymbol(property));
    const one = checker.isArrayType(whole) ? checker.getTypeArguments(whole as ts.TypeReference)[0]! : whole;
    const name = prefix + property.name;
    const isObject = (one.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
    return isObject ? [name, ...fieldsOf(checker, one, `${name}.`)] : [name];
  });
}

/** The texts that a member may be. */
function textsOf(checker: ts.TypeChecker, member: ts.Symbol): string[] {
  const type = checker.getTypeOfSymbol(member);
  return (type.isUnion() ? type.types : [type]).flatMap((one) => (one.isStringLiteral() ? [one.value] : []));
}

/** The texts that `type` may be in a union of objects. */
function discriminants(checker: ts.TypeChecker, union: ts.Type): string[] {
  const members = union.isUnion() ? union.types : [union];
  return members.flatMap((member) => {
    const type = checker.getTypeOfSymbol(member.getProperty('type')!);
    return type.isStringLiteral() ? [type.value] : [];
  });
}
