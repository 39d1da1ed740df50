import type { HttpService } from '@nestjs/axios';
import type { CardWarning } from '../card/card-warning.js';
import type { ImageType } from '../card/media-type.js';
import type { Clock } from '../clock.js';
import type { StoreLossPolicy, TicketRole } from '../credentials/create-refresh.js';
import type { TicketStore } from '../credentials/store/ticket-store.js';
import type { CodeRules } from '../errors/vendor-codes.js';

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

/** How requests travel: through `HttpService` of `@nestjs/axios`, or through undici, which costs a fraction of it. */
export type TransportKind = 'http-service' | 'undici';

/** How the app id is spelled in the body of direct recognition (protocol.md section 2). */
export type RecognitionAppIdField = 'appId' | 'webankAppId';

/** What to do about warnings; a function is called with each of them. */
export type WarningPolicy = 'report' | 'strict' | ((warning: CardWarning) => 'accept' | 'reject');

/** Time limits and attempts of a query: for all queries as options of the module, for one as options of the call. */
export interface QueryLimits {
  /**
   * Milliseconds for a whole query: waiting for a ticket and a connection, every attempt, every pause, late photos.
   * @default 15000
   */
  readonly timeoutMs?: number;
  /** Milliseconds for one request and its whole answer. @default 5000 */
  readonly attemptTimeoutMs?: number;
  /** How many times a query is sent at most; a repetition with new credentials does not count. At least 1. @default 3 */
  readonly maxAttempts?: number;
  /** Milliseconds to go on asking while none of the photos has come; 0 asks once. @default 3000 */
  readonly waitForPhotosMs?: number;
  /** Milliseconds to go on asking while the vendor has no result for the order; 0 looks once more, briefly. @default 0 */
  readonly waitForResultMs?: number;
}

/** The options of {@link BankCardOcrModule}. All durations are milliseconds. */
export interface BankCardOcrOptions extends QueryLimits {
  /** The app id that the vendor assigned (`BANKCARD_OCR_APP_ID`). */
  readonly appId: string;
  /** The app's secret, 64 characters (`BANKCARD_OCR_SECRET`). */
  readonly secret: string;
  /**
   * The vendor's host (`BANKCARD_OCR_BASE_URL`); a path prefix is kept. `https`, or `http` for a loopback host.
   * @default 'https://idasc.webank.com'
   */
  readonly baseUrl?: string;
  /** Allow plain `http` to a host that is not loopback: secrets and card numbers then travel in clear. @default false */
  readonly allowInsecureHttp?: boolean;
  /** Other paths than the documented ones. */
  readonly paths?: Partial<VendorPaths>;
  /** The `version` parameter of every request, 1 to 20 characters. @default '1.0.0' */
  readonly version?: string;
  /** The spelling of the app id in query strings. @default 'app_id' */
  readonly appIdParameter?: AppIdParameter;
  /**
   * Where credentials are kept, so that a restart costs no refresh and processes do not kill each other's tickets
   * (`BANKCARD_OCR_TICKET_STORE`): `memory:` (this process only), `file:/directory` (all processes of one machine),
   * `redis://host:6379/0` or `rediss://…` (any number of machines), or a {@link TicketStore} of your own, e.g. a
   * `RedisTicketStore` with your client, which you close yourself.
   * @default 'memory:' for a loopback host; must be named for any other
   */
  readonly ticketStore?: string | TicketStore;
  /**
   * Milliseconds between two refreshes (`BANKCARD_OCR_REFRESH_INTERVAL_MS`). The vendor advises 20 minutes.
   * @default 1200000
   */
  readonly refreshIntervalMs?: number;
  /**
   * Milliseconds that the previous token and ticket go on working after a refresh (`BANKCARD_OCR_TICKET_OVERLAP_MS`).
   * How often a shared store is read, how long a lease lasts and how far forced refreshes stand apart derive from it.
   * @default 60000
   */
  readonly ticketOverlapMs?: number;
  /**
   * Encrypts stored credentials with AES-256-GCM (`BANKCARD_OCR_STORE_KEY`): 32 bytes as 64 hexadecimal digits or in
   * Base64. What another key has encrypted is dropped and fetched anew.
   * @default none: the store holds them in clear
   */
  readonly storeKey?: string;
  /**
   * `reader` (`BANKCARD_OCR_ROLE`): this process never asks the vendor for credentials, but uses what a `refresher`
   * stores in the same ticket store.
   * @default 'refresher'
   */
  readonly role?: TicketRole;
  /**
   * What to do when the ticket store cannot be used and no usable credentials are left (`BANKCARD_OCR_ON_STORE_LOSS`):
   * `fail` answers queries with `NO_VALID_TICKET` until the store is back; `refresh-alone` refreshes without it, which is
   * safe only while a single process does so.
   * @default 'fail'
   */
  readonly onStoreLoss?: StoreLossPolicy;
  /**
   * Milliseconds that the SIGN ticket of a replaced generation is kept to verify what phones report late; nothing is
   * signed with it.
   * @default one refresh interval, and in any case as long as the ticket would have lived
   */
  readonly verifyWindowMs?: number;
  /** Refresh by a timer, also while nobody queries. Switch it off in scripts. @default true */
  readonly backgroundRefresh?: boolean;
  /**
   * How requests travel (`BANKCARD_OCR_TRANSPORT`): `http-service` keeps HTTP tracing, mocks and proxies of Node's own
   * client working; `undici` is the fast one.
   * @default 'http-service'
   */
  readonly transport?: TransportKind;
  /**
   * Your own `HttpService` instead of the library's, with `transport: 'http-service'`. A leak risk: its interceptors and
   * loggers see the URLs, and with them the secret, tokens and signatures. Agents or a proxy set on it are used as they
   * are; TLS, proxy and certificates are its own affair then.
   * @default an instance that nobody else has
   */
  readonly httpService?: HttpService;
  /**
   * The proxy to the vendor, e.g. `http://user:password@proxy:3128` (`BANKCARD_OCR_PROXY`); `none` for none. A loopback host
   * is never reached through a proxy of the environment.
   * @default the usual environment variables: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
   */
  readonly proxy?: string;
  /** Certificates, in PEM, that are trusted instead of Node's own ones. TLS 1.2 or newer is always verified. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Milliseconds to establish a connection, TLS included. @default 3000 */
  readonly connectTimeoutMs?: number;
  /** How many connections to the vendor are open at once; further requests wait. @default 50 */
  readonly maxConnections?: number;
  /** The largest answer that is read, in bytes after decompression. @default 33554432 (32 MiB) */
  readonly maxAnswerBytes?: number;
  /**
   * What to do about the vendor's warnings: `report` returns them with the card, `strict` rejects photocopies, photos of
   * a screen and expired cards, a function decides about each. The vendor itself lets every one of them pass
   * (`BANKCARD_OCR_WARNING_POLICY`).
   * @default 'report'
   */
  readonly warningPolicy?: WarningPolicy;
  /**
   * Milliseconds that the vendor keeps results and photos. An assumption: three days are documented for the face product
   * only (protocol.md section 5).
   * @default 259200000
   */
  readonly retentionMs?: number;
  /**
   * The vendor's host for direct recognition (`BANKCARD_OCR_RECOGNITION_BASE_URL`).
   * @default `https://ida.webank.com` beside idasc.webank.com, else `baseUrl`
   */
  readonly recognitionBaseUrl?: string;
  /** The app id's name in the body of direct recognition. @default 'appId' on kyc1.qcloud.com, else 'webankAppId' */
  readonly recognitionAppIdField?: RecognitionAppIdField;
  /**
   * Milliseconds for sending one image and its whole answer; longer than `attemptTimeoutMs`, as it is never sent twice.
   * @default 10000
   */
  readonly recognitionTimeoutMs?: number;
  /** The types of image that are sent to recognition, told by their first bytes. @default JPEG, PNG and BMP */
  readonly imageTypes?: readonly ImageType[];
  /** Replace rows of the table of vendor codes, or parts of rows; the keys are the vendor's codes. */
  readonly codeRules?: CodeRules;
  /** Another source of time, for tests. @default the machine's clocks */
  readonly clock?: Clock;
}
