import { Problem, unusableText } from '../errors/configuration-error.js';
import { ACTORS, ERROR_TEXTS } from '../errors/error-codes.js';
import { RETRY_RULES, type VendorCodeOverrides } from '../errors/vendor-codes.js';
import type { SecretText } from '../runtime/secret-text.js';
import { type AppIdField, type AppIdFields, hostProfile } from '../vendor/hosts.js';
import { booleanFromText, checkChoice, checkMembers, type UncheckedOptions, whatIsSet } from './option-values.js';

/** Who you are, and where the vendor is. */
export interface VendorOptions {
  /** The app id that the vendor assigned. */
  readonly appId: string;
  /** The secret of the app id, 64 characters. */
  readonly secret: string | SecretText;
  /**
   * The vendor's host: `https`, or `http` for a loopback host. A path prefix is kept.
   * @default 'https://idasc.webank.com'
   */
  readonly baseUrl?: string | undefined;
  /**
   * Allow plain `http` to a host that is not loopback: secrets and card numbers then travel in clear.
   * @default false
   */
  readonly allowInsecureHttp?: boolean | undefined;
  /**
   * Other names of the app id than the host documents, for each endpoint: `app_id`, `appId` or `webankAppId`.
   * @default as the host of `baseUrl` documents it; an unknown host as `kyc1.qcloud.com`
   */
  readonly appIdFields?: { readonly [Endpoint in keyof AppIdFields]?: AppIdFields[Endpoint] | undefined } | undefined;
  /** The parameter `version` of every request, 1 to 20 characters. @default '1.0.0' */
  readonly protocolVersion?: string | undefined;
  /** Other paths of endpoints than the documented ones; those that are left out stay as they are. */
  readonly paths?: { readonly [Endpoint in keyof VendorPaths]?: VendorPaths[Endpoint] | undefined } | undefined;
}

export interface BaseUrl {
  readonly origin: string;
  readonly host: string;
  /** The path prefix without a slash at its end; empty for none. */
  readonly prefix: string;
  readonly loopback: boolean;
}

export function readBaseUrl(given: unknown, { allowInsecureHttp }: UncheckedOptions): BaseUrl | Problem {
  const text = typeof given === 'string' ? given.trim() : '';
  const unusable = unusableText(text);
  if (unusable) return unusable;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const prefix = url?.pathname.replace(/\/+$/, '') ?? '';
  // The parser would take a backslash for a slash, and drop tabs and line ends.
  const isPlain = !/[\\\t\r\n]/.test(text) && !prefix.includes('//');
  if (!url || !isPlain || !/^https?:$/.test(url.protocol) || url.username + url.password + url.search + url.hash !== '')
    return new Problem(
      'is not a URL: write it like https://idasc.webank.com, without a user name or a password, a query or a fragment, a ' +
        'backslash, a tab or a line end, and two slashes in a row in its path',
      '不是 URL：请写成 https://idasc.webank.com 的形式，不能带用户名或密码、查询串或片段、反斜杠、制表符或换行，' +
        '路径里不能有连续两个斜杠',
    );
  const { protocol, origin, host, hostname } = url;
  // The URL parser has turned every spelling of an IPv4 address into four decimal numbers.
  const loopback = /^(.+\.)?localhost$|^\[::1\]$|^127\.\d+\.\d+\.\d+$/.test(hostname);
  if (protocol === 'https:' || loopback || booleanFromText(allowInsecureHttp) === true)
    return { origin, host, prefix, loopback };
  return new Problem(
    `uses plain http to ${host}: secrets and card numbers would travel in clear. Use https, or say ` +
      'allowInsecureHttp: true if that network is yours',
    `对 ${host} 使用明文 http，密钥和卡号会以明文传输：请改用 https；如果是自有网络，可设置 allowInsecureHttp: true`,
  );
}

/** The documented paths below the base URL (protocol.md section 1). */
export const DEFAULT_PATHS = {
  accessToken: '/api/oauth2/access_token',
  apiTicket: '/api/oauth2/api_ticket',
  queryResult: '/api/server/getBankCardOcrResult',
  recognize: '/api/paas/bankcardocrapp',
};

type VendorPaths = Readonly<typeof DEFAULT_PATHS>;

/** What is left out is as documented. @returns the paths with the prefixes of the two hosts */
export function readPaths(value: unknown, options: UncheckedOptions): VendorPaths | Problem[] {
  const paths = { ...DEFAULT_PATHS, ...whatIsSet<object>(value ?? {}) };
  const problems = checkMembers(paths, DEFAULT_PATHS, (path) =>
    typeof path === 'string' && /^(\/[^/?#\s]+)+\/?$/.test(path) ? undefined : NO_PATH,
  );
  if (problems.length > 0) return problems;
  const [main, images] = hostsIn(options).map(({ prefix }) => prefix);
  const whole = Object.entries(paths).map(([name, path]) => [name, `${name === 'recognize' ? images : main}${path}`]);
  return Object.fromEntries(whole) as VendorPaths;
}

/** That of queries, and that of images; without names where they cannot be read, which is reported anyway. */
function hostsIn(options: UncheckedOptions): Pick<BaseUrl, 'host' | 'prefix'>[] {
  const main = readBaseUrl(options['baseUrl'], options);
  const images = readRecognitionBaseUrl(options['recognitionBaseUrl'], options);
  const unknown = { host: '', prefix: '' };
  return ['host' in main ? main : unknown, 'host' in images ? images : unknown];
}

const NO_PATH = new Problem(
  'must begin with one slash and have neither query, white space nor two slashes in a row',
  '必须以一个斜杠开头，不能有查询串、空白字符或连续两个斜杠',
);
const APP_ID_FIELDS = ['app_id', 'appId', 'webankAppId'] satisfies AppIdField[];

/** What is left out is as the hosts document it: that of `baseUrl`, and that of images. */
export function readAppIdFields(value: unknown, options: UncheckedOptions): AppIdFields | Problem[] {
  const [main, images] = hostsIn(options).map(({ host }) => hostProfile(host).appIdFields);
  const documented = { ...main!, recognize: images!.recognize };
  const fields = { ...documented, ...whatIsSet<object>(value ?? {}) };
  const problems = checkMembers(fields, documented, (field) => checkChoice(field, APP_ID_FIELDS));
  return problems.length > 0 ? problems : fields;
}

/** By default the host that belongs to the one that results are queried from. */
export function readRecognitionBaseUrl(value: unknown, options: UncheckedOptions): BaseUrl | Problem | Problem[] {
  if (value !== undefined) return readBaseUrl(value, options);
  const baseUrl = readBaseUrl(options['baseUrl'], options);
  // Already reported for `baseUrl`.
  if (baseUrl instanceof Problem) return [];
  const { recognitionBaseUrl } = hostProfile(baseUrl.host);
  return recognitionBaseUrl === undefined ? baseUrl : readBaseUrl(recognitionBaseUrl, options);
}

/** What a row may have; none where any text will do. */
const CHOICES = { error: Object.keys(ERROR_TEXTS), actor: ACTORS, retry: RETRY_RULES, en: [], zh: [] };

/** A wrong rule would otherwise show with the first such response. */
export function readVendorCodeOverrides(value: unknown): VendorCodeOverrides | Problem[] {
  const overrides = value === undefined ? {} : value;
  if (!isObject(overrides)) return [NO_ROWS];
  const problems = Object.entries(overrides).flatMap(([code, row]) => {
    const found = isObject(row) ? checkMembers(row, CHOICES, checkRuleMember) : [NO_ROWS];
    return found.map(({ en, zh }) => new Problem(`'${code}': ${en}`, `'${code}'：${zh}`));
  });
  return problems.length > 0 ? problems : (overrides as VendorCodeOverrides);
}

function checkRuleMember(value: unknown, choices: readonly string[]): Problem | undefined {
  if (value === undefined) return undefined;
  if (choices.length > 0) return checkChoice(value, choices);
  return typeof value === 'string' ? undefined : new Problem('must be a text', '必须是文本');
}

const NO_ROWS = new Problem(
  `must be an object whose keys are vendor codes, with objects in it that have some of ${Object.keys(CHOICES).join(', ')}`,
  `必须是以腾讯云响应码为键的对象，其中的每个对象可含 ${Object.keys(CHOICES).join('、')}`,
);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
