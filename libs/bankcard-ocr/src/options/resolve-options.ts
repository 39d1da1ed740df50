import type { KeyObject } from 'node:crypto';
import type { HttpService } from '@nestjs/axios';
import { type Clock, SystemClock } from '../clock.js';
import { TicketStore } from '../credentials/store/ticket-store.js';
import { BankCardOcrConfigurationError, type ConfigurationFault } from '../errors/configuration-error.js';
import { SecretText } from '../secret-text.js';
import { type BaseUrl, readBaseUrl } from './base-url.js';
import type { BankCardOcrOptions, QueryLimits, RecognitionAppIdField } from './bankcard-ocr.options.js';
import { DEFAULTS } from './defaults.js';
import { type RevealedOptions, revealSecrets } from './concealed-options.js';
import { CHOICE_RULES, readChoice } from './choice-options.js';
import { faultsInCodeRules } from './code-rules.js';
import { faultsInConnectionOptions } from './connection-options.js';
import { NUMBER_RULES, readNumber } from './number-options.js';
import { variableOf } from './options-from-env.js';
import { resolveRecognition } from './recognition-options.js';
import { readStoreKey } from './store-key.js';
import { NAME_A_TICKET_STORE, readTicketStoreLocation, type TicketStoreLocation } from './ticket-store-location.js';
import { isWarningPolicy, WARNING_POLICY_RULE } from './warning-policy-option.js';

/** The options that become something else when they are read. */
type ReadFurther = 'secret' | 'baseUrl' | 'recognitionBaseUrl' | 'ca' | 'proxy' | 'ticketStore' | 'storeKey';

/** Those that may be missing. */
type WithoutDefault =
  Exclude<ReadFurther, 'secret' | 'baseUrl'> | 'recognitionAppIdField' | 'verifyWindowMs' | 'httpService';

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
  readonly storeKey?: KeyObject;
  readonly baseUrl: BaseUrl;
  readonly ticketStore: TicketStoreLocation | TicketStore;
  readonly paths: typeof DEFAULTS.paths & Record<string, string>;
  readonly clock: Clock;
  /** What is allowed but deserves a line in the log. */
  readonly warnings: readonly string[];
}

/**
 * Check and complete the options.
 *
 * @param name of the registration that they are for
 * @throws {@link BankCardOcrConfigurationError} with every fault, when there is one
 */
export function resolveOptions(given: BankCardOcrOptions, name?: string): ResolvedOptions {
  const options = withDefaults(revealSecrets(given ?? {}));
  const faults: ConfigurationFault[] = [];
  const fault = (option: keyof BankCardOcrOptions, fix: string): void => {
    faults.push({ option, variable: variableOf(option, name), fix });
  };

  checkTexts(options, fault);
  for (const rule of NUMBER_RULES) {
    const wrong = readNumber(options[rule.option], rule);
    if (wrong !== undefined) fault(rule.option, wrong);
  }
  for (const [name, path] of Object.entries(options.paths)) {
    if (!Object.hasOwn(DEFAULTS.paths, name)) fault('paths', `knows no '${name}': remove it, or spell it right`);
    else if (typeof path !== 'string' || !/^(\/[^/?#\s]+)+\/?$/.test(path)) {
      fault('paths', `${name} must begin with one slash and have neither query, white space nor two slashes in a row`);
    }
  }
  for (const { option, choices } of CHOICE_RULES) {
    const wrong = readChoice(options[option], choices);
    if (wrong !== undefined) fault(option, wrong);
  }
  if (!isWarningPolicy(options.warningPolicy)) fault('warningPolicy', WARNING_POLICY_RULE);
  if (!isClock(options.clock))
    fault('clock', 'must have now(), monotonic() and setTimer(): leave it out, but for tests');
  for (const wrong of faultsInCodeRules(options.codeRules)) fault('codeRules', wrong);
  const baseUrl = readBaseUrl(options.baseUrl, options.allowInsecureHttp);
  if (typeof baseUrl === 'string') fault('baseUrl', baseUrl);
  const recognition = resolveRecognition(options, baseUrl);
  if (typeof recognition.baseUrl === 'string' && options.recognitionBaseUrl !== undefined) {
    fault('recognitionBaseUrl', recognition.baseUrl);
  }
  if ('name' in (given ?? {})) {
    faults.push({ option: 'name', fix: 'cannot come from a factory: write it beside useFactory, or leave it out' });
  }
  for (const { option, wrong } of faultsInConnectionOptions(options)) fault(option, wrong);
  const ticketStore = resolveTicketStore(options.ticketStore, typeof baseUrl === 'string' ? undefined : baseUrl);
  if (typeof ticketStore === 'string') fault('ticketStore', ticketStore);
  else if (options.role === 'reader' && isOfThisProcess(ticketStore)) {
    fault('role', "cannot be 'reader' with a store of this process only: name the store that the refresher writes");
  }
  if (options.role === 'reader' && options.onStoreLoss === 'refresh-alone') {
    fault('onStoreLoss', "cannot be 'refresh-alone' with role 'reader', which never refreshes: leave it out");
  }
  const storeKey = options.storeKey === undefined ? undefined : readStoreKey(options.storeKey);
  if (typeof storeKey === 'string') fault('storeKey', storeKey);

  if (
    typeof baseUrl === 'string' ||
    typeof recognition.baseUrl === 'string' ||
    typeof ticketStore === 'string' ||
    typeof storeKey === 'string' ||
    faults.length > 0
  ) {
    throw new BankCardOcrConfigurationError(faults);
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
    storeKey,
    warnings: warningsAbout(options, name),
  };
}

function withDefaults(given: RevealedOptions) {
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const clock: Clock = new SystemClock();
  const defaults = { clock, codeRules: {} };
  return { ...DEFAULTS, ...defaults, ...(named as unknown as RevealedOptions), paths: pathsOf(given) } as Required<
    Omit<RevealedOptions, WithoutDefault | 'paths'>
  > &
    Pick<RevealedOptions, WithoutDefault> & { paths: typeof DEFAULTS.paths };
}

function pathsOf(given: RevealedOptions): typeof DEFAULTS.paths {
  const named = Object.entries(given.paths ?? {}).filter(([, path]) => path !== undefined);
  return { ...DEFAULTS.paths, ...Object.fromEntries(named) };
}

type Report = (option: keyof BankCardOcrOptions, fix: string) => void;

function checkTexts(options: ReturnType<typeof withDefaults>, fault: Report): void {
  if (!isVisibleAscii(options.appId))
    fault('appId', 'is missing or has white space: set the app id that the vendor assigned');
  if (!isVisibleAscii(options.secret))
    fault('secret', "is missing or has white space: set the app's secret (64 characters)");
  if (!isVisibleAscii(options.version) || options.version.length > 20) {
    fault('version', "must have 1 to 20 characters; the vendor documents '1.0.0'");
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
  baseUrl: BaseUrl | undefined,
): TicketStoreLocation | TicketStore | string {
  if (given instanceof TicketStore) return given;
  if (typeof given === 'string') return readTicketStoreLocation(given);
  if (given !== undefined) return "must be a text such as 'file:/directory', or a TicketStore";
  // Whether a broken base URL is a real host cannot be known; its own fault is reported already.
  return baseUrl === undefined || baseUrl.loopback ? { kind: 'memory' } : NAME_A_TICKET_STORE;
}

function warningsAbout(
  { refreshIntervalMs, ticketOverlapMs }: ReturnType<typeof withDefaults>,
  name: string | undefined,
): string[] {
  const warnings: string[] = [];
  const say = (option: 'refreshIntervalMs' | 'ticketOverlapMs', text: string) => {
    warnings.push(`${option} (${variableOf(option, name)}) ${text}`);
  };
  if (refreshIntervalMs < 60_000) {
    say('refreshIntervalMs', `is ${refreshIntervalMs} ms: the vendor advises 1200000 (20 minutes)`);
  }
  if (ticketOverlapMs < 60_000) {
    say('ticketOverlapMs', `is ${ticketOverlapMs} ms: the vendor documents 60000; only a sandbox has less`);
  }
  if (refreshIntervalMs < ticketOverlapMs) {
    say('refreshIntervalMs', `is shorter than ticketOverlapMs: a refresh would follow before the last one has settled`);
  }
  return warnings;
}
