import { readFile, stat } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { checkAccountName } from '../account/account-name.js';
import { BankCardOcrConfigurationError } from '../errors/configuration-error.js';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';
import { resolveOptions } from '../options/resolve-options.js';
import { codeOrNameOf } from '../errors/redaction.js';
import { type CommonFlags, InputRefused, refusal } from './arguments.js';

const MOST_BYTES = 256 * 1_024;

export async function prepareEnvironment({ name, env }: CommonFlags): Promise<void> {
  try {
    if (name !== undefined) checkAccountName(name);
  } catch {
    throw refusal(
      '--name must be a letter and up to 31 more letters, digits, _ or -',
      '--name 必须以字母开头，最多再跟 31 个字母、数字、_ 或 -',
    );
  }
  if (env === undefined) return;
  // As Node.js does with --env-file: what is set already stays.
  for (const [variable, value] of Object.entries(parseEnv(await readTextFile('--env', env)))) {
    process.env[variable] ??= value;
  }
}

/** @throws {@link InputRefused} */
export async function readTextFile(flag: string, name: string): Promise<string> {
  try {
    const file = await stat(name);
    // A FIFO or a device may block for ever, or never end.
    if (!file.isFile() || file.size > MOST_BYTES)
      throw refusal(`${flag} must name a regular file of at most 256 kB`, `${flag} 必须是不超过 256 kB 的普通文件`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(name));
  } catch (error) {
    if (error instanceof InputRefused) throw error;
    const code = codeOrNameOf(error);
    throw refusal(`${flag} cannot be read (${code})`, `${flag} 无法读取（${code}）`);
  }
}

export function readConfiguration(name: string | undefined) {
  try {
    return { options: resolveOptions(bankCardOcrOptionsFromEnv(process.env, name), name), faults: [] };
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError)) throw error;
    return { options: undefined, faults: error.issues };
  }
}
