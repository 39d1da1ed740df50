/** A block of commands of a page. */
export interface ShellBlock {
  /** Without the indentation of the list that it is in. */
  readonly code: string;
  /** The lines of the indented block that follows at once or after one paragraph, in which pages show outputs. */
  readonly shown: readonly string[];
}

const BLOCK = /^(?<indent> *)```sh\n(?<code>.*?)^ *```$/gms;
const INDENTED = /\n\n(?<output>(?: {4}.*\n)+)/;

/** The blocks of commands of a page, in its order; also those in lists. */
export function shellBlocksOf(page: string): ShellBlock[] {
  return [...page.matchAll(BLOCK)].map((match) => {
    const { indent = '', code = '' } = match.groups ?? {};
    const rest = page.slice(match.index + match[0].length).split(/^ *```|^#/m)[0] ?? '';
    const output = INDENTED.exec(rest)?.groups?.['output'] ?? '';
    return {
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      shown: output.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(4)])),
    };
  });
}
