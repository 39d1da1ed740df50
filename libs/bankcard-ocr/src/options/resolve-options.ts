import {
  BankCardOcrConfigurationError,
  configurationIssue,
  type ConfigurationIssue,
  Problem,
} from '../errors/configuration-error.js';
import { definesRoute } from '../vendor/http/agents.js';
import { proxyNamed } from '../vendor/http/proxy.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { revealSecrets } from './concealed-options.js';
import { warningAboutAppId, warningAboutSecret } from './credential.options.js';
import { OPTION_ROWS, type OptionName, type ReadOptions } from './option-table.js';
import { isUnset, whatIsSet } from './option-values.js';
import { overlookedVariables, variableOf } from './options-from-env.js';
import type { BaseUrl } from './vendor.options.js';

/** How the vendor's host is reached. */
export interface RouteToVendor {
  /** Scheme, host and port of the proxy; undefined for none. Its user name and password are not in it. */
  readonly proxy?: string | undefined;
  /** The variable of the environment that names the proxy; undefined when the option does. */
  readonly variable?: string | undefined;
  /** Whether the application's own `httpService` makes the connections. */
  readonly isOfHttpService: boolean;
}

/** Options that were checked and completed; safe to print. */
export interface ResolvedOptions extends Omit<ReadOptions, 'allowInsecureHttp'> {
  /** How the host of queries is reached, for the log. */
  readonly route: RouteToVendor;
  /** What is allowed but deserves a line in the log. */
  readonly warnings: readonly Problem[];
}

/** Variables by name, e.g. `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Check and complete the options of an account, and find what the environment sets without effect.
 *
 * @throws {@link BankCardOcrConfigurationError} as {@link resolveOptions} does
 */
export function resolveAccount(
  given: BankCardOcrOptions,
  name?: string,
  environment: Environment = process.env,
  directory: string = process.cwd(),
): ResolvedOptions {
  const { lost, warnings } = overlookedVariables(given, environment, directory, name);
  try {
    const resolved = resolveOptions(given, name, environment);
    return { ...resolved, warnings: [...resolved.warnings, ...warnings] };
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError) || lost.length === 0) throw error;
    throw error.withNotes(lost);
  }
}

/**
 * Check and complete the options.
 *
 * @param name of the account that they are for
 * @param environment names the proxy where no option does
 * @throws {@link BankCardOcrConfigurationError} with every problem, when there is one
 */
export function resolveOptions(
  given: BankCardOcrOptions,
  name?: string,
  environment: Environment = process.env,
): ResolvedOptions {
  const set: Record<string, unknown> = whatIsSet(revealSecrets(given ?? {}));
  // Whoever hands one in means that it is used.
  if (set['httpService'] !== undefined) set['transport'] ??= 'http-service';
  // null stands for no default: it is a mistake.
  const unchecked = Object.fromEntries(
    OPTION_ROWS.map(([option, row]) => [option, option in set ? set[option] : row.default]),
  );
  const issues: ConfigurationIssue[] = [];
  const values = OPTION_ROWS.map(([option, { read }]) => {
    const value = read(unchecked[option], unchecked);
    const problems = [value].flat().filter((one) => one instanceof Problem);
    issues.push(...problems.map((problem) => configurationIssue(option, problem, variableOf(option, name))));
    return [option, value] as const;
  });
  const { allowInsecureHttp: _checked, ...options } = Object.fromEntries(values) as unknown as ReadOptions;
  if (!isUnset((given as { name?: unknown } | undefined)?.name))
    issues.push(configurationIssue('name', NAME_IN_FACTORY));
  const { route, issues: issuesOfProxy } = routeTo(options, issues, environment);
  issues.push(...issuesOfProxy);
  if (issues.length > 0) {
    const isAnyMissing = ['appId', 'secret', 'ticketStore'].some((option) => isUnset(set[option]));
    throw new BankCardOcrConfigurationError(issues, undefined, isAnyMissing ? [WHERE_VALUES_COME_FROM] : []);
  }
  return { ...options, route, warnings: warningsAbout(options, name) };
}

const WHERE_VALUES_COME_FROM = new Problem(
  'Variables are read from process.env by bankCardOcrOptionsFromEnv() and bankCardOcrConfig. What ' +
    "stands in .env gets there only if something loads it, and ConfigModule's validate function (Zod, class-validator) " +
    'drops what it does not declare.',
  '环境变量由 bankCardOcrOptionsFromEnv() 和 bankCardOcrConfig 从 process.env 读取。.env 里的内容要先加载才会出现在那里；' +
    'ConfigModule 的 validate 函数（Zod、class-validator）会丢弃它没有声明的变量。',
);
const NAME_IN_FACTORY = new Problem(
  'cannot come from a factory: write it beside useFactory, or leave it out',
  '不能由工厂函数返回：请写在 useFactory 旁边，或者不写',
);

/** How the hosts are reached; what is wrong with the environment's variables counts only where they are used. */
function routeTo(
  { baseUrl, recognitionBaseUrl, proxy, httpService }: Omit<ReadOptions, 'allowInsecureHttp'>,
  issues: readonly ConfigurationIssue[],
  environment: Environment,
): { readonly route: RouteToVendor; readonly issues: readonly ConfigurationIssue[] } {
  const route = { isOfHttpService: false };
  if (issues.some(({ option }) => option === 'proxy' || option === 'httpService')) return { route, issues: [] };
  if (httpService && definesRoute(httpService)) return { route: { isOfHttpService: true }, issues: [] };
  const hosts = [baseUrl, recognitionBaseUrl].filter((host) => isBaseUrl(host));
  const proxies = hosts.map(({ origin, loopback }) => proxyNamed({ origin, loopback, proxy }, environment));
  const wrong = new Map<string, ConfigurationIssue>();
  for (const named of proxies) {
    if (!(named?.proxy instanceof Problem) || named.variable === undefined || wrong.has(named.variable)) continue;
    const problem = new Problem(
      `${named.proxy.en}. Or go without: BANKCARD_OCR_PROXY=none`,
      `${named.proxy.zh}。不走代理可设 BANKCARD_OCR_PROXY=none`,
    );
    wrong.set(named.variable, configurationIssue('proxy', problem, named.variable));
  }
  const [first] = proxies;
  if (!first || first.proxy instanceof Problem) return { route, issues: [...wrong.values()] };
  const { protocol, host } = first.proxy;
  return { route: { ...route, proxy: `${protocol}//${host}`, variable: first.variable }, issues: [...wrong.values()] };
}

/** False for what a reader put there instead: a problem. */
function isBaseUrl(read: unknown): read is BaseUrl {
  return typeof read === 'object' && read !== null && 'origin' in read;
}

function warningsAbout(
  { appId, secret, storeEncryptionKey, refreshIntervalMs, ticketOverlapMs }: Omit<ReadOptions, 'allowInsecureHttp'>,
  name: string | undefined,
): Problem[] {
  const warn = (option: OptionName, problem: Problem | false | undefined): Problem[] => {
    if (!problem) return [];
    const variable = variableOf(option, name);
    return [new Problem(`${option} (${variable}) ${problem.en}`, `${option}（${variable}）${problem.zh}`)];
  };
  const isWeakKey = storeEncryptionKey && new Set(storeEncryptionKey.export()).size === 1;
  return [
    ...warn('appId', warningAboutAppId(appId, secret.reveal())),
    ...warn('secret', warningAboutSecret(appId, secret.reveal())),
    ...warn('storeEncryptionKey', isWeakKey && KEY_NOT_RANDOM),
    ...warn(
      'refreshIntervalMs',
      refreshIntervalMs < 60_000 &&
        new Problem(
          `is ${refreshIntervalMs} ms: the vendor advises 1200000 (20 minutes)`,
          `为 ${refreshIntervalMs} 毫秒：腾讯云建议 1200000（20 分钟）`,
        ),
    ),
    ...warn(
      'ticketOverlapMs',
      ticketOverlapMs < 60_000 &&
        new Problem(
          `is ${ticketOverlapMs} ms: the vendor documents 60000; only a sandbox has less`,
          `为 ${ticketOverlapMs} 毫秒：官方文档为 60000，只有沙箱更短`,
        ),
    ),
    ...warn('refreshIntervalMs', refreshIntervalMs < ticketOverlapMs && INTERVAL_TOO_SHORT),
  ];
}

const KEY_NOT_RANDOM = new Problem(
  'is not random: make one with `openssl rand -base64 32`',
  '不是随机密钥：可用 `openssl rand -base64 32` 生成',
);
const INTERVAL_TOO_SHORT = new Problem(
  'is shorter than ticketOverlapMs: a refresh would follow before the last one has settled',
  '短于 ticketOverlapMs：上一次刷新还没有稳定就会再次刷新',
);
