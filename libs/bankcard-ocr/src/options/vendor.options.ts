import { Problem } from '../errors/configuration-error.js';
import { type Actor, ERROR_TEXTS } from '../errors/error-codes.js';
import type { RetryRule } from '../errors/vendor-codes.js';
import type { SecretText } from '../runtime/secret-text.js';

/** How the app id is spelled in query strings; hosts and pages differ (protocol.md section 2). */
export type AppIdParameter = 'app_id' | 'appId' | 'webankAppId';

/** The paths of the vendor's endpoints below the base URL. */
export interface VendorPaths {
  /** @default '/api/oauth2/access_token' */
  readonly accessToken: string;
  /** @default '/api/oauth2/api_ticket' */
  readonly apiTicket: string;
  /** @default '/api/server/getBankCardOcrResult' */
  readonly queryResult: string;
  /** @default '/api/paas/bankcardocrapp' */
  readonly recognize: string;
}

/** Who you are, and where the vendor is. */
export interface VendorOptions {
  /**
   * The app id that the vendor assigned.
   *
   * 服务商分配的 app id。
   * @env BANKCARD_OCR_APP_ID
   */
  readonly appId: string;
  /**
   * The secret of the app id, 64 characters.
   *
   * app id 对应的密钥，64 位。
   * @env BANKCARD_OCR_SECRET
   */
  readonly secret: string | SecretText;
  /**
   * The vendor's host: `https`, or `http` for a loopback host. A path prefix is kept.
   *
   * 服务商地址，必须是 `https`，本机地址可以用 `http`；可带路径前缀。
   * @default 'https://idasc.webank.com'
   * @env BANKCARD_OCR_BASE_URL
   */
  readonly baseUrl?: string | undefined;
  /**
   * Allow plain `http` to a host that is not loopback: secrets and card numbers then travel in clear.
   *
   * 允许对非本机地址使用明文 `http`：密钥和卡号都会以明文传输。
   * @default false
   */
  readonly allowInsecureHttp?: boolean | undefined;
  /**
   * The spelling of the app id in query strings.
   *
   * app id 在查询串里的参数名。
   * @default 'app_id'
   */
  readonly appIdParameter?: AppIdParameter | undefined;
  /**
   * The parameter `version` of every request, 1 to 20 characters.
   *
   * 每个请求的 `version` 参数，1 到 20 个字符。
   * @default '1.0.0'
   */
  readonly protocolVersion?: string | undefined;
  /**
   * Other paths of endpoints than the documented ones; those that are left out stay as they are.
   *
   * 自定义接口路径，没写的保持官方文档的路径。
   */
  readonly paths?: { readonly [Endpoint in keyof VendorPaths]?: VendorPaths[Endpoint] | undefined } | undefined;
}

/** Objects with every member of a union as a key, so that the compiler misses none. */
const ACTORS: Readonly<Record<Actor, true>> = {
  application: true,
  developer: true,
  vendor: true,
  'end-user': true,
  business: true,
};
const RETRY_RULES: Readonly<Record<RetryRule, true>> = {
  never: true,
  'refresh-credentials': true,
  backoff: true,
  once: true,
  delayed: true,
};

/**
 * Check the option `vendorCodeOverrides`. A rule that cannot be applied would otherwise come to light with the first such answer.
 *
 * @returns every fault; nothing of a value is repeated
 */
export function issuesInVendorCodeOverrides(rules: unknown): Problem[] {
  if (!isObject(rules)) {
    return [new Problem('must be an object whose keys are vendor codes', '必须是以腾讯云响应码为键的对象')];
  }
  return Object.entries(rules).flatMap(([code, rule]) => {
    if (!isObject(rule)) {
      return [
        new Problem(
          `'${code}' must be an object with some of error, actor, retry, en and zh`,
          `'${code}' 必须是对象，可含 error、actor、retry、en、zh`,
        ),
      ];
    }
    return [
      ...oneOf(ERROR_TEXTS, rule['error'], `'${code}': error`),
      ...oneOf(ACTORS, rule['actor'], `'${code}': actor`),
      ...oneOf(RETRY_RULES, rule['retry'], `'${code}': retry`),
      ...['en', 'zh'].flatMap((language) => {
        const text = rule[language];
        if (text === undefined || typeof text === 'string') return [];
        return [new Problem(`'${code}': ${language} must be a text`, `'${code}': ${language} 必须是文本`)];
      }),
    ];
  });
}

function oneOf(allowed: object, value: unknown, what: string): Problem[] {
  if (value === undefined || (typeof value === 'string' && Object.hasOwn(allowed, value))) return [];
  const names = Object.keys(allowed);
  return [new Problem(`${what} must be one of ${names.join(', ')}`, `${what} 必须是 ${names.join('、')} 之一`)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
