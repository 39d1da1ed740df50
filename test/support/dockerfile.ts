import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DockerfileParser, type Instruction, ModifiableInstruction } from 'dockerfile-ast';
import { ROOT } from './readme-pages.js';

/** An instruction of a Dockerfile. */
export interface Step {
  readonly keyword: string;
  readonly flags: readonly string[];
  /** What follows the flags. */
  readonly content: string;
  /** Of an exec form, without the word CMD of a HEALTHCHECK. */
  readonly command: readonly string[] | undefined;
}

/** What begins with a FROM. */
export interface Stage {
  readonly name: string | undefined;
  /** Variables are replaced by their defaults. */
  readonly base: string;
  readonly steps: readonly Step[];
}

export function readDockerfile(): string {
  return readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
}

/** The stages of a Dockerfile, in their order. */
export function stagesOf(text: string): Stage[] {
  const dockerfile = DockerfileParser.parse(text);
  const defaults = new Map(
    dockerfile.getInitialARGs().map((arg) => [arg.getProperty()?.getName(), arg.getProperty()?.getValue() ?? '']),
  );
  const stages: { name: string | undefined; base: string; steps: Step[] }[] = [];
  for (const instruction of dockerfile.getInstructions()) {
    const step = stepOf(instruction);
    if (step.keyword === 'FROM') {
      const [image = '', , name] = step.content.split(/\s+/);
      stages.push({
        name,
        base: image.replaceAll(/\$\{(\w+)\}/g, (_, each: string) => defaults.get(each) ?? ''),
        steps: [],
      });
    } else stages.at(-1)?.steps.push(step);
  }
  return stages;
}

/** The variables that the last stage sets. */
export function environmentOf(text: string): Record<string, string> {
  const dockerfile = DockerfileParser.parse(text);
  const last = dockerfile.getFROMs().at(-1)!.getRange().start.line;
  const properties = dockerfile
    .getENVs()
    .filter((env) => env.getRange().start.line > last)
    .flatMap((env) => env.getProperties());
  return Object.fromEntries(properties.map((property) => [property.getName(), property.getValue() ?? '']));
}

/** The command of the last one of these instructions in the last stage. */
export function commandOf(text: string, keyword: 'CMD' | 'HEALTHCHECK'): readonly string[] {
  const step = stagesOf(text)
    .at(-1)
    ?.steps.findLast((each) => each.keyword === keyword);
  if (!step?.command) throw new Error(`the Dockerfile has no ${keyword} in exec form`);
  return step.command;
}

function stepOf(instruction: Instruction): Step {
  const keyword = instruction.getKeyword();
  const content = instruction.getArgumentsContent() ?? '';
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags().map(String) : [];
  return { keyword, flags, content, command: listOf(content.replace(/^CMD\s+/, '')) };
}

function listOf(text: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((word) => typeof word === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a .dockerignore lets a file into the build: the last pattern that matches it, or a folder above it, decides. */
export function isSent(dockerignore: string, file: string): boolean {
  const parents = file.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  let sent = true;
  for (const line of dockerignore.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const isException = line.startsWith('!');
    const pattern = patternOf(isException ? line.slice(1) : line);
    if (parents.some((each) => pattern.test(each))) sent = isException;
  }
  return sent;
}

function patternOf(glob: string): RegExp {
  const source = glob.split(/(\*\*\/|\*)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`);
}

/** Every file that is sent to a build of this repository. */
export function filesSent(): string[] {
  const dockerignore = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8');
  const below = (folder: string): string[] => {
    return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      // Nothing below them is of the repository.
      if (['node_modules', '.git', 'dist', '.tmp'].includes(entry.name)) return [];
      return entry.isDirectory() ? below(name) : [name];
    });
  };
  return below('.').filter((file) => isSent(dockerignore, file));
}
