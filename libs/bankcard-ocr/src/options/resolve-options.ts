import type { ConfigurationIssue } from '../errors/configuration-error.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { text, type Text, withVariable } from '../errors/text.js';
import { definesRoute } from '../vendor/http/load-http-service.js';
import { proxyNamed } from '../vendor/http/proxy.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { revealSecrets } from './concealed-options.js';
import { warningAboutAppId, warningAboutSecret } from './credential.options.js';
import { OPTION_ROWS, OPTION_VARIABLES, type ReadOptions } from './option-table.js';
import { isUnset, whatIsSet } from './option-values.js';
import { type Environment, withName } from './options-from-env.js';

/** Options that were checked and completed; safe to print. */
export interface ResolvedOptions extends ReadOptions {
  /** How the host of queries is reached, for the log, and its proxy without user name and password. */
  readonly route: Text & { readonly proxy?: string };
  readonly warnings: readonly Problem[];
}

/**
 * @param environment names the proxy where no option does
 * @param overlooked what the environment sets without effect
 * @throws {@link BankCardOcrConfigurationError} with every problem, when there is one
 */
export function resolveOptions(
  given: BankCardOcrOptions,
  name?: string,
  environment: Environment = process.env,
  overlooked: readonly Problem[] = [],
): ResolvedOptions {
  const set: Record<string, unknown> = whatIsSet(revealSecrets(given ?? {}));
  // An application that passes an HttpService expects it to be used.
  if (set['httpService'] !== undefined) set['transport'] ??= 'http-service';
  const issues: ConfigurationIssue[] = [];
  const values: Record<string, unknown> = {};
  for (const [option, row] of OPTION_ROWS) {
    // null does not mean the default: it is a mistake.
    values[option] = row.read(option in set ? set[option] : row.default, values);
    const problems = [values[option]].flat().filter((one) => one instanceof Problem);
    issues.push(
      ...problems.map((problem) => configurationIssue(option, problem, row.variable && withName(row.variable, name))),
    );
  }
  const options = values as unknown as ReadOptions;
  if (!isUnset((given as { name?: unknown } | undefined)?.name))
    issues.push(configurationIssue('name', NAME_IN_FACTORY));
  const route = routeTo(options, issues, environment);
  if (issues.length > 0) {
    const isAnyMissing = ['appId', 'secret', 'ticketStore'].some((option) => isUnset(set[option]));
    const notes = [...(isAnyMissing ? [WHERE_VALUES_COME_FROM] : []), ...overlooked];
    throw new BankCardOcrConfigurationError(issues, undefined, notes);
  }
  return { ...options, route, warnings: [...warningsAbout(options, name), ...overlooked] };
}

const WHERE_VALUES_COME_FROM = new Problem(
  'Variables are read from process.env by bankCardOcrOptionsFromEnv() and bankCardOcrConfig. What ' +
    "is in .env gets there only if something loads it, and ConfigModule's validate function (Zod, class-validator) " +
    'drops what it does not declare.',
  '环境变量由 bankCardOcrOptionsFromEnv() 和 bankCardOcrConfig 从 process.env 读取。.env 里的内容要先加载才会出现在那里；' +
    'ConfigModule 的 validate 函数（Zod、class-validator）会丢弃它没有声明的变量。',
);
const NAME_IN_FACTORY = new Problem(
  'cannot come from a factory: write it beside useFactory, or leave it out',
  '不能由工厂函数返回：请写在 useFactory 旁边，或者不写',
);

function routeTo(
  { baseUrl, recognitionBaseUrl, proxy, httpService }: ReadOptions,
  issues: ConfigurationIssue[],
  environment: Environment,
): ResolvedOptions['route'] {
  const none = text('no proxy', '不走代理');
  if (issues.some(({ option }) => option === 'proxy' || option === 'httpService')) return none;
  if (httpService && definesRoute(httpService))
    return text('agents and proxy of the httpService', '用 httpService 自带的 agent 和代理');
  // A host that could not be read is a problem instead of a URL.
  const hosts = [baseUrl, recognitionBaseUrl].filter((host) => 'origin' in host);
  const proxies = hosts.map((host) => proxyNamed({ ...host, proxy }, environment));
  for (const named of proxies) {
    if (!(named?.proxy instanceof Problem) || issues.some(({ variable }) => variable === named.variable)) continue;
    const problem = new Problem(
      `${named.proxy.en}. Or go without: BANKCARD_OCR_PROXY=none`,
      `${named.proxy.zh}。不走代理可设 BANKCARD_OCR_PROXY=none`,
    );
    issues.push(configurationIssue('proxy', problem, named.variable));
  }
  const [first] = proxies;
  if (!first || first.proxy instanceof Problem) return none;
  const url = `${first.proxy.protocol}//${first.proxy.host}`;
  const { en, zh } = withVariable(url, first.variable);
  return { proxy: url, ...text(`proxy ${en}`, `代理 ${zh}`) };
}

function warningsAbout({ appId, secret, refreshIntervalMs, ticketOverlapMs }: ReadOptions, name?: string): Problem[] {
  const isTooShort = refreshIntervalMs < Math.max(ticketOverlapMs, 60_000);
  const found: [option: keyof typeof OPTION_VARIABLES, problem: Problem | false | undefined][] = [
    ['appId', warningAboutAppId(appId)],
    ['secret', warningAboutSecret(secret.reveal())],
    ['refreshIntervalMs', isTooShort && shorterThan(1_200_000, refreshIntervalMs)],
    ['ticketOverlapMs', ticketOverlapMs < 60_000 && shorterThan(60_000, ticketOverlapMs)],
  ];
  return found.flatMap(([option, problem]) => {
    const { en, zh } = withVariable(option, withName(OPTION_VARIABLES[option], name));
    return problem ? new Problem(`${en} ${problem.en}`, `${zh}${problem.zh}`) : [];
  });
}

function shorterThan(documentedMs: number, ms: number): Problem {
  return new Problem(`is ${ms} ms: Tencent documents ${documentedMs}`, `为 ${ms} 毫秒：官方文档为 ${documentedMs}`);
}
