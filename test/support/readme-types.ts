import path from 'node:path';
import ts from 'typescript';

/** What the compiler finds wrong, and what it knows about the options. */
export interface TypeReport {
  /** By file name, e.g. `app.module.ts`. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  readonly optionNames: readonly string[];
}

const OPTIONS_FILE = 'libs/bankcard-ocr/src/options/bankcard-ocr.options.ts';

/** Check files with the repository's own compiler options, all in one program: that is what takes the time. */
export function checkTypes(root: string, files: readonly string[]): TypeReport {
  const configFile = path.join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(configFile, (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [] },
    ts.sys,
    root,
    { noEmit: true },
    configFile,
  );
  const program = ts.createProgram([...files, path.join(root, OPTIONS_FILE)], options);
  const errors = new Map(
    files.map((file) => {
      const source = program.getSourceFile(file);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [path.basename(file), found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
  return { errors, optionNames: optionNames(program, path.join(root, OPTIONS_FILE)) };
}

function optionNames(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file);
  const declaration = source?.statements
    .filter((statement) => ts.isInterfaceDeclaration(statement))
    .find(({ name }) => name.text === 'BankCardOcrOptions');
  if (!declaration) throw new Error(`BankCardOcrOptions is not declared in ${OPTIONS_FILE}`);
  const type = program.getTypeChecker().getTypeAtLocation(declaration);
  return type.getProperties().map(({ name }) => name);
}
