import type { KeyObject } from 'node:crypto';
import type { HttpService } from '@nestjs/axios';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { TicketStore } from '../credentials/store/ticket-store.js';
import {
  BankCardOcrConfigurationError,
  configurationIssue,
  type ConfigurationIssue,
  Problem,
} from '../errors/configuration-error.js';
import { unusableText } from '../errors/unusable-text.js';
import { SecretText } from '../runtime/secret-text.js';
import { hasWayOfItsOwn } from '../vendor/http/own-agents.js';
import { proxyNamed } from '../vendor/http/proxy.js';
import { type BaseUrl, readBaseUrl } from './base-url.js';
import type { BankCardOcrOptions, QueryLimits, RecognitionAppIdField } from './bankcard-ocr.options.js';
import { DEFAULTS } from './defaults.js';
import {
  BOOLEAN_OPTIONS,
  booleanFromText,
  CHOICE_RULES,
  isUnset,
  NUMBER_RULES,
  numberFromText,
  readChoice,
  readNumber,
  whatIsSet,
} from './option-values.js';
import { type RevealedOptions, revealSecrets } from './concealed-options.js';
import { issuesInVendorCodeOverrides } from './vendor.options.js';
import { faultsInConnectionOptions } from './transport.options.js';
import { isOneByteRepeated, oddCredentials, readStoreEncryptionKey } from './credential.options.js';
import { variableOf } from './options-from-env.js';
import { resolveRecognition } from './direct-recognition.options.js';
import { NAME_A_TICKET_STORE, readTicketStoreLocation, type TicketStoreLocation } from './ticket-store-location.js';
import { isWarningPolicy, WARNING_POLICY_RULE } from './card.options.js';

/** The options that become something else when they are read. */
type ReadFurther = 'secret' | 'baseUrl' | 'recognitionBaseUrl' | 'ca' | 'proxy' | 'ticketStore' | 'storeEncryptionKey';

/** Those that may be missing. */
type WithoutDefault =
  Exclude<ReadFurther, 'secret' | 'baseUrl'> | 'recognitionAppIdField' | 'verifyWindowMs' | 'httpService';

/** How a host is reached. */
export interface RouteToVendor {
  /** Scheme, host and port of the proxy; undefined for none. Its user name and password are not in it. */
  readonly proxy?: string | undefined;
  /** The variable of the environment that names the proxy; undefined when the option does. */
  readonly variable?: string | undefined;
  /** Whether the application's own `httpService` says how connections are made. */
  readonly isOfHttpService: boolean;
}

/** Options that were checked and completed; safe to print. */
export interface ResolvedOptions
  extends
    Required<Omit<BankCardOcrOptions, ReadFurther | WithoutDefault | 'allowInsecureHttp' | keyof QueryLimits>>,
    Required<QueryLimits> {
  readonly verifyWindowMs?: number;
  readonly httpService?: HttpService;
  readonly proxy?: SecretText;
  readonly ca?: (string | Buffer)[];
  readonly recognitionBaseUrl: BaseUrl;
  readonly recognitionAppIdField: RecognitionAppIdField;
  readonly secret: SecretText;
  readonly storeEncryptionKey?: KeyObject;
  readonly baseUrl: BaseUrl;
  readonly ticketStore: TicketStoreLocation | TicketStore;
  readonly paths: typeof DEFAULTS.paths & Record<string, string>;
  readonly clock: Clock;
  /** How the host of queries is reached, for the log. */
  readonly way: RouteToVendor;
  /** What is allowed but deserves a line in the log. */
  readonly warnings: readonly Problem[];
}

/** Variables by name, e.g. `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

type OptionName = keyof BankCardOcrOptions;
type Report = (option: OptionName, problem: Problem) => void;

/** Those that are read as they are written; a placeholder in one of them is not what anybody means. */
const TEXT_OPTIONS = ['appId', 'secret', 'protocolVersion'] as const satisfies readonly OptionName[];

/**
 * Check and complete the options.
 *
 * @param name of the registration that they are for
 * @param environment names the proxy where no option does
 * @throws {@link BankCardOcrConfigurationError} with every fault, when there is one
 */
export function resolveOptions(
  given: BankCardOcrOptions,
  name?: string,
  environment: Environment = process.env,
): ResolvedOptions {
  const options = withDefaults(revealSecrets(given ?? {}));
  const faults: ConfigurationIssue[] = [];
  const fault: Report = (option, problem) => {
    faults.push(configurationIssue(option, problem, variableOf(option, name)));
  };

  checkTexts(options, fault);
  for (const rule of NUMBER_RULES) {
    const wrong = readNumber(options[rule.option], rule);
    if (wrong) fault(rule.option, wrong);
  }
  checkPaths(options.paths, fault);
  for (const { option, choices } of CHOICE_RULES) {
    const wrong = readChoice(options[option], choices);
    if (wrong) fault(option, wrong);
  }
  if (!isWarningPolicy(options.warningPolicy)) fault('warningPolicy', WARNING_POLICY_RULE);
  if (!isClock(options.clock)) fault('clock', CLOCK_RULE);
  for (const wrong of issuesInVendorCodeOverrides(options.vendorCodeOverrides)) fault('vendorCodeOverrides', wrong);
  const baseUrl = readBaseUrl(options.baseUrl, options.allowInsecureHttp);
  if (baseUrl instanceof Problem) fault('baseUrl', baseUrl);
  const recognition = resolveRecognition(options, baseUrl);
  if (recognition.baseUrl instanceof Problem && options.recognitionBaseUrl !== undefined) {
    fault('recognitionBaseUrl', recognition.baseUrl);
  }
  if (!isUnset((given as { name?: unknown } | undefined)?.name))
    faults.push(configurationIssue('name', NAME_IN_FACTORY));
  const faultsOfConnection = faultsInConnectionOptions(options);
  for (const { option, wrong } of faultsOfConnection) fault(option, wrong);
  const ticketStore = resolveTicketStore(options.ticketStore, baseUrl);
  if (ticketStore instanceof Problem) fault('ticketStore', ticketStore);
  else if (options.role === 'reader' && isOfThisProcess(ticketStore)) fault('role', READER_WITHOUT_STORE);
  const storeEncryptionKey =
    options.storeEncryptionKey === undefined ? undefined : readStoreEncryptionKey(options.storeEncryptionKey);
  if (storeEncryptionKey instanceof Problem) fault('storeEncryptionKey', storeEncryptionKey);
  const hosts = [baseUrl, recognition.baseUrl].filter((host): host is BaseUrl => !(host instanceof Problem));
  const { way, faults: faultsOnTheWay } = wayTo(hosts, options, faultsOfConnection.some(saysNoWay), environment);
  faults.push(...faultsOnTheWay);

  if (
    baseUrl instanceof Problem ||
    recognition.baseUrl instanceof Problem ||
    ticketStore instanceof Problem ||
    storeEncryptionKey instanceof Problem ||
    faults.length > 0
  ) {
    throw new BankCardOcrConfigurationError(faults, undefined, isAnyMissing(options) ? [WHERE_VALUES_COME_FROM] : []);
  }
  const { allowInsecureHttp: _checked, ...rest } = options;
  const secret = new SecretText(options.secret);
  return {
    ...rest,
    secret,
    baseUrl,
    recognitionBaseUrl: recognition.baseUrl,
    recognitionAppIdField: recognition.appIdField,
    ca: options.ca === undefined ? undefined : [options.ca].flat(),
    proxy: options.proxy === undefined ? undefined : new SecretText(options.proxy),
    ticketStore,
    storeEncryptionKey,
    way,
    warnings: warningsAbout(options, storeEncryptionKey, name),
  };
}

function saysNoWay({ option }: { readonly option: string }): boolean {
  return option === 'proxy' || option === 'httpService';
}

const WHERE_VALUES_COME_FROM = new Problem(
  'Variables are read from process.env by bankCardOcrOptionsFromEnv() and bankCardOcrConfig. What ' +
    "stands in .env gets there only if something loads it, and ConfigModule's validate function (Zod, class-validator) " +
    'drops what it does not declare.',
  '环境变量由 bankCardOcrOptionsFromEnv() 和 bankCardOcrConfig 从 process.env 读取。.env 里的内容要先加载才会出现在那里；' +
    'ConfigModule 的 validate 函数（Zod、class-validator）会丢弃它没有声明的变量。',
);

/** Whether something that is set may have got lost on its way here. */
function isAnyMissing({ appId, secret, ticketStore }: Partial<BankCardOcrOptions>): boolean {
  return [appId, secret, ticketStore].some(isUnset);
}

const CLOCK_RULE = new Problem(
  'must have now(), monotonic() and setTimer(): leave it out, but for tests',
  '必须有 now()、monotonic() 和 setTimer()：除测试外不要设置',
);
const NAME_IN_FACTORY = new Problem(
  'cannot come from a factory: write it beside useFactory, or leave it out',
  '不能由工厂函数返回：请写在 useFactory 旁边，或者不写',
);
const READER_WITHOUT_STORE = new Problem(
  "cannot be 'reader' with a store of this process only: name the store that the refresher writes",
  "只在本进程内的存储不能配 'reader'：请指定 refresher 写入的那处存储",
);

/**
 * The defaults, and over them what is set. Digits as text are numbers, `true` and `false` as text are booleans: what
 * comes from a configuration service is text as a rule.
 */
function withDefaults(given: RevealedOptions) {
  const set: Record<string, unknown> = whatIsSet(given);
  for (const { option } of NUMBER_RULES) if (option in set) set[option] = numberFromText(set[option]);
  for (const option of BOOLEAN_OPTIONS) if (option in set) set[option] = booleanFromText(set[option]);
  const clock: Clock = new SystemClock();
  const defaults = { clock, vendorCodeOverrides: {} };
  return { ...DEFAULTS, ...defaults, ...(set as unknown as RevealedOptions), paths: pathsOf(given) } as Required<
    Omit<RevealedOptions, WithoutDefault | 'paths'>
  > &
    Pick<RevealedOptions, WithoutDefault> & { paths: typeof DEFAULTS.paths };
}

function pathsOf(given: RevealedOptions): typeof DEFAULTS.paths {
  return { ...DEFAULTS.paths, ...whatIsSet<object>(isUnset(given.paths) ? {} : (given.paths ?? {})) };
}

function checkTexts(options: ReturnType<typeof withDefaults>, fault: Report): void {
  const unusable = new Map<OptionName, Problem | undefined>(
    TEXT_OPTIONS.map((option) => [
      option,
      typeof options[option] === 'string' ? unusableText(options[option]) : undefined,
    ]),
  );
  if (!isVisibleAscii(options.appId)) {
    const problem = new Problem(
      'is missing or has white space: set the app id that the vendor assigned',
      '缺失或含有空白字符：请填入腾讯云分配的 WBappid',
    );
    unusable.set('appId', unusable.get('appId') ?? problem);
  }
  if (!isVisibleAscii(options.secret)) {
    const problem = new Problem(
      "is missing or has white space: set the app's secret (64 characters)",
      '缺失或含有空白字符：请填入密钥（64 位）',
    );
    unusable.set('secret', unusable.get('secret') ?? problem);
  }
  if (!isVisibleAscii(options.protocolVersion) || options.protocolVersion.length > 20) {
    const problem = new Problem(
      "must have 1 to 20 characters; the vendor documents '1.0.0'",
      "必须有 1 到 20 个字符；官方文档写的是 '1.0.0'",
    );
    unusable.set('protocolVersion', unusable.get('protocolVersion') ?? problem);
  }
  for (const [option, problem] of unusable) if (problem) fault(option, problem);
}

function checkPaths(paths: object, fault: Report): void {
  for (const [name, path] of Object.entries(paths) as [string, unknown][]) {
    if (!Object.hasOwn(DEFAULTS.paths, name)) {
      fault(
        'paths',
        new Problem(`knows no '${name}': remove it, or spell it right`, `没有 '${name}' 这一项：请去掉或改正拼写`),
      );
    } else if (typeof path !== 'string' || !/^(\/[^/?#\s]+)+\/?$/.test(path)) {
      fault(
        'paths',
        new Problem(
          `${name} must begin with one slash and have neither query, white space nor two slashes in a row`,
          `${name} 必须以一个斜杠开头，不能有查询串、空白字符或连续两个斜杠`,
        ),
      );
    }
  }
}

function isClock(value: unknown): value is Clock {
  const methods = ['now', 'monotonic', 'setTimer'] as const;
  const clock = value as Partial<Record<string, unknown>> | null;
  return methods.every((method) => typeof clock?.[method] === 'function');
}

function isVisibleAscii(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value);
}

function isOfThisProcess(store: TicketStoreLocation | TicketStore): boolean {
  return store instanceof TicketStore ? store.scope === 'process' : store.kind === 'memory';
}

function resolveTicketStore(
  given: string | TicketStore | undefined,
  baseUrl: BaseUrl | Problem,
): TicketStoreLocation | TicketStore | Problem {
  if (given instanceof TicketStore) return given;
  if (typeof given === 'string') return readTicketStoreLocation(given);
  if (given !== undefined) {
    return new Problem(
      "must be a text such as 'file:/directory', or a TicketStore",
      "必须是 'file:/目录' 这样的文本，或者 TicketStore",
    );
  }
  // Whether a broken base URL is a real host cannot be known; its own fault is reported already.
  return baseUrl instanceof Problem || baseUrl.loopback ? { kind: 'memory' } : NAME_A_TICKET_STORE;
}

/** How the hosts are reached; what is wrong with the environment's variables counts only where they are used. */
function wayTo(
  hosts: readonly BaseUrl[],
  { proxy, httpService }: ReturnType<typeof withDefaults>,
  isFaulty: boolean,
  environment: Environment,
): { readonly way: RouteToVendor; readonly faults: ConfigurationIssue[] } {
  if (isFaulty) return { way: { isOfHttpService: false }, faults: [] };
  if (httpService && hasWayOfItsOwn(httpService)) return { way: { isOfHttpService: true }, faults: [] };
  const option = proxy === undefined ? undefined : new SecretText(proxy);
  const named = hosts.map(({ origin, loopback }) => proxyNamed({ origin, loopback, proxy: option }, environment));
  const wrong = new Map<string, ConfigurationIssue>();
  for (const one of named) {
    if (!(one?.proxy instanceof Problem) || one.variable === undefined) continue;
    const problem = new Problem(
      `${one.proxy.en}. Or go without: BANKCARD_OCR_PROXY=none`,
      `${one.proxy.zh}。不走代理可设 BANKCARD_OCR_PROXY=none`,
    );
    if (!wrong.has(one.variable)) wrong.set(one.variable, configurationIssue('proxy', problem, one.variable));
  }
  const [first] = named;
  const way = {
    isOfHttpService: false,
    ...(first &&
      !(first.proxy instanceof Problem) && {
        proxy: `${first.proxy.protocol}//${first.proxy.host}`,
        variable: first.variable,
      }),
  };
  return { way, faults: [...wrong.values()] };
}

function warningsAbout(
  { appId, secret, refreshIntervalMs, ticketOverlapMs }: ReturnType<typeof withDefaults>,
  storeEncryptionKey: KeyObject | undefined,
  name: string | undefined,
): Problem[] {
  const warnings: Problem[] = [];
  const say = (option: OptionName, { en, zh }: Problem) => {
    const variable = variableOf(option, name);
    warnings.push(new Problem(`${option} (${variable}) ${en}`, `${option}（${variable}）${zh}`));
  };
  for (const { option, problem } of oddCredentials(appId, secret)) say(option, problem);
  if (storeEncryptionKey && isOneByteRepeated(storeEncryptionKey)) {
    say(
      'storeEncryptionKey',
      new Problem(
        'is not random: make one with `openssl rand -base64 32`',
        '不是随机密钥：可用 `openssl rand -base64 32` 生成',
      ),
    );
  }
  if (refreshIntervalMs < 60_000) {
    say(
      'refreshIntervalMs',
      new Problem(
        `is ${refreshIntervalMs} ms: the vendor advises 1200000 (20 minutes)`,
        `为 ${refreshIntervalMs} 毫秒：腾讯云建议 1200000（20 分钟）`,
      ),
    );
  }
  if (ticketOverlapMs < 60_000) {
    say(
      'ticketOverlapMs',
      new Problem(
        `is ${ticketOverlapMs} ms: the vendor documents 60000; only a sandbox has less`,
        `为 ${ticketOverlapMs} 毫秒：官方文档为 60000，只有沙箱更短`,
      ),
    );
  }
  if (refreshIntervalMs < ticketOverlapMs) {
    say(
      'refreshIntervalMs',
      new Problem(
        'is shorter than ticketOverlapMs: a refresh would follow before the last one has settled',
        '短于 ticketOverlapMs：上一次刷新还没有稳定就会再次刷新',
      ),
    );
  }
  return warnings;
}
