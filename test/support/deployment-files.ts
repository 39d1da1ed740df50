import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from './readme-pages.js';

/** A service of compose.yaml, as far as tests read it. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly args: Readonly<Record<string, string>> };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly stop_grace_period?: string;
  readonly ports?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

/** Variables as Compose replaces them: `${NAME}`, `${NAME:-default}`, `${NAME:?what is wrong}`, and `$$` for one `$`. */
export function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\$|\$\{(?<name>\w+)(?:(?<operator>:[-?])(?<other>[^}]*))?\}/g,
    (all: string, ...rest: unknown[]) => {
      if (all === '$$') return '$';
      const { name, operator, other } = rest.at(-1) as Record<string, string | undefined>;
      const value = env[name!] || (operator === ':-' ? other : undefined);
      if (value === undefined) throw new Error(`compose.yaml needs ${name}`);
      return value;
    },
  );
}

export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** compose.yaml, or a text like it, with its variables replaced. */
export function readCompose(env: Readonly<Record<string, string>>, text = readText('compose.yaml')): Compose {
  return parse(interpolate(text, env), { merge: true }) as Compose;
}

/** The lines of a file of variables. */
export function readVariables(file: string): Record<string, string> {
  const lines = readText(file).matchAll(/^(?<name>[A-Z]\w*)=(?<value>.*)$/gm);
  return Object.fromEntries([...lines].map(({ groups }) => [groups!['name']!, groups!['value']!]));
}

/** The documents of a file of YAML; a mistake in it is thrown. */
export function readYaml<T>(file: string): T[] {
  return parseAllDocuments(readText(file)).map((document) => {
    const [mistake] = [...document.errors, ...document.warnings];
    if (mistake) throw mistake;
    return document.toJS() as T;
  });
}
