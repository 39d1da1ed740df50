import { createRequire } from 'node:module';
import path from 'node:path';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../../errors/configuration-error.js';

/** What package.json asks for. */
export const UNDICI_RANGE = '^7.16.0';

type Undici = typeof import('undici');

/** See that undici is one that it works with: `overrides` of an application can force another major. */
export async function loadUndiciTransport(
  load: () => Promise<Partial<Undici>> = () => import('undici'),
): Promise<typeof import('./undici.transport.js')> {
  let undici: Partial<Undici> & { readonly default?: unknown };
  try {
    undici = await load();
  } catch (error) {
    throw unusable(new Problem('cannot be loaded', '无法加载'), error);
  }
  const names = { ...(undici.default as object | undefined), ...undici };
  // The first came with version 7, the second with version 8, which calls nobody the way that version 7 does.
  if (!('cacheStores' in names)) throw unusable(new Problem('is too old', '版本过旧'));
  if ('Dispatcher1Wrapper' in names) throw unusable(new Problem('is too new', '版本过新'));
  return import('./undici.transport.js');
}

function unusable(what: Problem, error?: unknown): BankCardOcrConfigurationError {
  const found = versionFound();
  const problem = new Problem(
    `'undici' needs the package undici ${UNDICI_RANGE}, and ${found.en} ${what.en} (Node.js ${process.versions.node}` +
      `${reasonOf(error)}). Look for an override of undici in your package.json (npm ls undici), or use 'http-service'`,
    `'undici' 需要 undici 包 ${UNDICI_RANGE}，而${found.zh}${what.zh}（Node.js ${process.versions.node}${reasonOf(error)}）。` +
      `请检查 package.json 中是否用 overrides 指定了 undici（npm ls undici），或者改用 'http-service'`,
  );
  return new BankCardOcrConfigurationError([configurationIssue('transport', problem, 'BANKCARD_OCR_TRANSPORT')], error);
}

function reasonOf(error: unknown): string {
  if (error === undefined) return '';
  const { code, name, message } = error as NodeJS.ErrnoException;
  return `; ${code ?? name}: ${message.split('\n', 1)[0]}`;
}

/** As good as it can be told: undici does not say which version it is, and a bundle has no manifests. */
function versionFound(): Problem {
  try {
    const require = createRequire(path.join(process.cwd(), 'application.js'));
    const { version } = require('undici/package.json') as { version: string };
    return new Problem(`version ${version}, which was found,`, `找到的 ${version} 版`);
  } catch {
    return new Problem('the one that was found', '找到的版本');
  }
}
