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
}

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
  /** Milliseconds to establish a connection, TLS included. @default 3000 */
  readonly connectTimeoutMs?: number;
  /** How many connections to the vendor are open at once; further requests wait. @default 50 */
  readonly maxConnections?: number;
  /** The largest answer that is read, in bytes after decompression. @default 33554432 (32 MiB) */
  readonly maxAnswerBytes?: number;
  /** Replace rows of the table of vendor codes, or parts of rows; the keys are the vendor's codes. */
  readonly codeRules?: CodeRules;
  /** Another source of time, for tests. @default the machine's clocks */
  readonly clock?: Clock;
}

/** The default of every option that has one. */
export const DEFAULTS = {
  baseUrl: 'https://idasc.webank.com',
  allowInsecureHttp: false,
  paths: {
    accessToken: '/api/oauth2/access_token',
    apiTicket: '/api/oauth2/api_ticket',
    queryResult: '/api/server/getBankCardOcrResult',
  },
  version: '1.0.0',
  appIdParameter: 'app_id',
  refreshIntervalMs: 1_200_000,
  ticketOverlapMs: 60_000,
  backgroundRefresh: true,
  role: 'refresher',
  onStoreLoss: 'fail',
  timeoutMs: 15_000,
  attemptTimeoutMs: 5_000,
  connectTimeoutMs: 3_000,
  maxAttempts: 3,
  maxConnections: 50,
  maxAnswerBytes: 32 * 1024 * 1024,
  waitForPhotosMs: 3_000,
} as const satisfies Partial<BankCardOcrOptions>;
