import { createRequire } from 'node:module';
import path from 'node:path';
import { BankCardOcrConfigurationError } from '../../errors/configuration-error.js';

/** What package.json asks for. */
export const UNDICI_RANGE = '^7.16.0';

type Undici = typeof import('undici');

/**
 * Load the transport on undici, and see that undici is one that it works with. An application whose `overrides` force
 * another major on everybody would otherwise learn of it with the first query.
 *
 * @throws {@link BankCardOcrConfigurationError}
 */
export async function loadUndiciTransport(
  load: () => Promise<Partial<Undici>> = () => import('undici'),
): Promise<typeof import('./undici.transport.js')> {
  let undici: Partial<Undici> & { readonly default?: unknown };
  try {
    undici = await load();
  } catch (error) {
    throw unusable('cannot be loaded', error);
  }
  // They came together with the way in which version 7 tells of answers.
  if (undici.cacheStores === undefined && (undici.default as Partial<Undici> | undefined)?.cacheStores === undefined) {
    throw unusable('is too old');
  }
  return import('./undici.transport.js');
}

function unusable(what: string, error?: unknown): BankCardOcrConfigurationError {
  const fix =
    `'undici' needs the package undici ${UNDICI_RANGE}, and ${versionFound()} ${what} (Node.js ${process.versions.node}` +
    `${reasonOf(error)}). Look for an override of undici in your package.json (npm ls undici), or use 'http-service'`;
  return new BankCardOcrConfigurationError([{ option: 'transport', variable: 'BANKCARD_OCR_TRANSPORT', fix }], error);
}

function reasonOf(error: unknown): string {
  if (error === undefined) return '';
  const { code, name, message } = error as NodeJS.ErrnoException;
  return `; ${code ?? name}: ${message.split('\n', 1)[0]}`;
}

/** As good as it can be told: undici does not say which version it is, and a bundle has no manifests. */
function versionFound(): string {
  try {
    const require = createRequire(path.join(process.cwd(), 'application.js'));
    return `version ${(require('undici/package.json') as { version: string }).version}, which was found,`;
  } catch {
    return 'the one that was found';
  }
}
