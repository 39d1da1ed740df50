import type { Problem } from '../errors/configuration-error.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import * as calls from './bankcard-ocr.options.js';
import * as credentials from './credential.options.js';
import type { NumberRule, OptionsBefore } from './option-values.js';
import { numeric, oneOf, optional, TRUE_OR_FALSE, visibleText } from './option-values.js';
import * as transport from './transport.options.js';
import * as vendor from './vendor.options.js';

interface OptionRow {
  readonly variable?: `BANKCARD_OCR_${string}`;
  readonly default?: unknown;
  /** Its text is secret, or carries a password as a rule. */
  readonly secret?: true;
  readonly number?: NumberRule;
  readonly choices?: readonly unknown[];
  /** @param before what the rows above have read: a value, or problems */
  readonly read: (value: unknown, before: OptionsBefore) => unknown;
}

const readAppId = visibleText(
  'is missing or has white space: set the app id that Tencent assigned',
  '缺失或含有空白字符：请填入腾讯云分配的 WBappid',
);
const readProtocolVersion = visibleText(
  "must have 1 to 20 characters; Tencent documents '1.0.0'",
  "必须有 1 到 20 个字符；官方文档写的是 '1.0.0'",
  20,
);
const MILLISECONDS = numeric('milliseconds');
const MAY_BE_ZERO = numeric('milliseconds', true);

/** One row for each option, after those that it depends on; problems are reported in this order. */
export const OPTION_TABLE = {
  appId: { variable: 'BANKCARD_OCR_APP_ID', read: readAppId },
  secret: { variable: 'BANKCARD_OCR_SECRET', secret: true, read: credentials.readSecret },
  allowInsecureHttp: { default: false, ...TRUE_OR_FALSE },
  baseUrl: { variable: 'BANKCARD_OCR_BASE_URL', default: 'https://idasc.webank.com', read: vendor.readBaseUrl },
  protocolVersion: { default: '1.0.0', read: readProtocolVersion },
  ticketStore: { variable: 'BANKCARD_OCR_TICKET_STORE', secret: true, read: credentials.readTicketStore },
  storeEncryptionKey: {
    variable: 'BANKCARD_OCR_STORE_ENCRYPTION_KEY',
    secret: true,
    read: optional(credentials.readStoreEncryptionKey),
  },
  role: { variable: 'BANKCARD_OCR_ROLE', default: 'refresher', ...credentials.ROLE, read: credentials.readRole },
  refreshIntervalMs: { variable: 'BANKCARD_OCR_REFRESH_INTERVAL_MS', default: 1_200_000, ...MILLISECONDS },
  ticketOverlapMs: { variable: 'BANKCARD_OCR_TICKET_OVERLAP_MS', default: 60_000, ...MILLISECONDS },
  verifyWindowMs: { ...MAY_BE_ZERO, read: optional(MAY_BE_ZERO.read) },
  backgroundRefresh: { default: true, ...TRUE_OR_FALSE },
  timeoutMs: { variable: 'BANKCARD_OCR_TIMEOUT_MS', default: 15_000, ...MILLISECONDS },
  attemptTimeoutMs: { variable: 'BANKCARD_OCR_ATTEMPT_TIMEOUT_MS', default: 5_000, ...MILLISECONDS },
  maxAttempts: { default: 3, ...numeric('whole number') },
  waitForPhotosMs: { default: 3_000, ...MAY_BE_ZERO },
  waitForResultMs: { default: 0, ...MAY_BE_ZERO },
  transport: { variable: 'BANKCARD_OCR_TRANSPORT', default: 'undici', ...oneOf(['http-service', 'undici']) },
  httpService: { read: optional(transport.readHttpService) },
  proxy: { variable: 'BANKCARD_OCR_PROXY', secret: true, read: optional(transport.readProxy) },
  ca: { read: optional(transport.readCa) },
  connectTimeoutMs: { default: 3_000, ...MILLISECONDS },
  maxConnections: { default: 50, ...numeric('whole number') },
  maxConnectionAgeMs: { default: 300_000, ...MILLISECONDS },
  maxResponseBytes: { default: 33_554_432, ...numeric('bytes') },
  warningPolicy: { variable: 'BANKCARD_OCR_WARNING_POLICY', default: 'report', read: calls.readWarningPolicy },
  assumedVendorRetentionMs: { default: 259_200_000, ...MILLISECONDS },
  vendorCodeOverrides: { read: vendor.readVendorCodeOverrides },
  recognitionBaseUrl: { variable: 'BANKCARD_OCR_RECOGNITION_BASE_URL', read: vendor.readRecognitionBaseUrl },
  appIdFields: { read: vendor.readAppIdFields },
  paths: { default: vendor.DEFAULT_PATHS, read: vendor.readPaths },
  recognitionTimeoutMs: { default: 10_000, ...MILLISECONDS },
  imageTypes: { default: ['image/jpeg', 'image/png', 'image/bmp'], read: calls.readImageTypes },
  clock: { read: calls.readClock },
  telemetry: { read: calls.readTelemetry },
} as const satisfies Readonly<Record<keyof BankCardOcrOptions, OptionRow>>;

type Table = typeof OPTION_TABLE;

export type OptionName = keyof Table;

type Column<Member extends string> = {
  readonly [
    Name in OptionName as Table[Name] extends Readonly<Record<Member, unknown>> ? Name : never
  ]: Table[Name] extends Readonly<Record<Member, infer Value>> ? Value : never;
};

export type ReadOptions = {
  readonly [Name in OptionName]: Exclude<ReturnType<Table[Name]['read']>, Problem | readonly Problem[]>;
};

export const OPTION_ROWS: readonly (readonly [OptionName, OptionRow])[] = Object.entries<OptionRow>(OPTION_TABLE) as [
  OptionName,
  OptionRow,
][];

function column<Member extends 'default' | 'variable'>(member: Member): Column<Member> {
  const cells = OPTION_ROWS.map(([name, row]) => [name, row[member]] as const);
  return Object.fromEntries(cells.filter(([, cell]) => cell !== undefined)) as Column<Member>;
}

/** The default of every option that has one. */
export const DEFAULTS: Column<'default'> = column('default');

/** The environment variables that configure the module, by the option that they set. */
export const OPTION_VARIABLES: Column<'variable'> = column('variable');
