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
    const { code, name } = error as NodeJS.ErrnoException;
    throw unusable(new Problem(`cannot be loaded (${code ?? name})`, `无法加载（${code ?? name}）`), error);
  }
  const names = { ...(undici.default as object | undefined), ...undici };
  // The first came with version 7, the second with version 8, which calls nobody the way that version 7 does.
  if (!('cacheStores' in names)) throw unusable(new Problem('is too old', '版本过旧'));
  if ('Dispatcher1Wrapper' in names) throw unusable(new Problem('is too new', '版本过新'));
  return import('./undici.transport.js');
}

function unusable(what: Problem, error?: unknown): BankCardOcrConfigurationError {
  const problem = new Problem(
    `'undici' needs the package undici ${UNDICI_RANGE}, and the one that was found ${what.en}. Look for an override of ` +
      "undici in package.json or pnpm-workspace.yaml, exempt this package from it (docs/troubleshooting.md), or use 'http-service'",
    `'undici' 需要 undici 包 ${UNDICI_RANGE}，而找到的${what.zh}。请检查 package.json 或 pnpm-workspace.yaml 的 overrides 是否指定了 undici，` +
      "把本包排除在外（docs/troubleshooting.zh-CN.md），或者改用 'http-service'",
  );
  return new BankCardOcrConfigurationError([configurationIssue('transport', problem, 'BANKCARD_OCR_TRANSPORT')], error);
}
