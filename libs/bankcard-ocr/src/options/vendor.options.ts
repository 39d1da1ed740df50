import type { SecretText } from '../secret-text.js';

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
  readonly version?: string | undefined;
  /**
   * Other paths of endpoints than the documented ones; those that are left out stay as they are.
   *
   * 自定义接口路径，没写的保持官方文档的路径。
   */
  readonly paths?: { readonly [Endpoint in keyof VendorPaths]?: VendorPaths[Endpoint] | undefined } | undefined;
}
