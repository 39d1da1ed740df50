import type { StoreLossPolicy, TicketRole } from '../credentials/create-refresh.js';
import { numberFromText } from './number-options.js';
import type { BankCardOcrOptions, TransportKind, WarningPolicy } from './bankcard-ocr.options.js';

/** The environment variables that configure the module, by the option that they set. */
export const OPTION_VARIABLES = {
  appId: 'BANKCARD_OCR_APP_ID',
  secret: 'BANKCARD_OCR_SECRET',
  baseUrl: 'BANKCARD_OCR_BASE_URL',
  ticketStore: 'BANKCARD_OCR_TICKET_STORE',
  storeKey: 'BANKCARD_OCR_STORE_KEY',
  role: 'BANKCARD_OCR_ROLE',
  onStoreLoss: 'BANKCARD_OCR_ON_STORE_LOSS',
  transport: 'BANKCARD_OCR_TRANSPORT',
  proxy: 'BANKCARD_OCR_PROXY',
  recognitionBaseUrl: 'BANKCARD_OCR_RECOGNITION_BASE_URL',
  warningPolicy: 'BANKCARD_OCR_WARNING_POLICY',
  timeoutMs: 'BANKCARD_OCR_TIMEOUT_MS',
  refreshIntervalMs: 'BANKCARD_OCR_REFRESH_INTERVAL_MS',
  ticketOverlapMs: 'BANKCARD_OCR_TICKET_OVERLAP_MS',
} as const satisfies Partial<Record<keyof BankCardOcrOptions, string>>;

/**
 * Tell the variable that sets an option.
 *
 * @param name of the registration: `LOANS_BANKCARD_OCR_APP_ID` for `loans`, dashes become underscores
 */
export function variableOf(option: string, name?: string): string | undefined {
  const variable = (OPTION_VARIABLES as Partial<Record<string, string>>)[option];
  if (variable === undefined || name === undefined) return variable;
  return `${name.replaceAll('-', '_').toUpperCase()}_${variable}`;
}

/**
 * Read the options from environment variables. Pure: looks at nothing but `env`, and leaves judging the values to the
 * start of the module, which reports all faults at once.
 *
 * @param env e.g. `process.env`; empty variables count as not set
 * @param name of the registration, whose variables begin with it: `LOANS_BANKCARD_OCR_APP_ID` for `loans`
 */
export function bankCardOcrOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  name?: string,
): BankCardOcrOptions {
  const text = (option: keyof typeof OPTION_VARIABLES): string | undefined => {
    return env[variableOf(option, name) ?? '']?.trim() || undefined;
  };
  // What is no number stays as it is, so that the start can say so.
  const milliseconds = (option: keyof typeof OPTION_VARIABLES) => numberFromText(text(option)) as number | undefined;
  return {
    // Missing ones are reported by the start of the module, together with everything else that is wrong.
    appId: text('appId') ?? '',
    secret: text('secret') ?? '',
    baseUrl: text('baseUrl'),
    ticketStore: text('ticketStore'),
    storeKey: text('storeKey'),
    // Judged by the start, as everything else.
    role: text('role') as TicketRole | undefined,
    onStoreLoss: text('onStoreLoss') as StoreLossPolicy | undefined,
    transport: text('transport') as TransportKind | undefined,
    proxy: text('proxy'),
    recognitionBaseUrl: text('recognitionBaseUrl'),
    warningPolicy: text('warningPolicy') as WarningPolicy | undefined,
    timeoutMs: milliseconds('timeoutMs'),
    refreshIntervalMs: milliseconds('refreshIntervalMs'),
    ticketOverlapMs: milliseconds('ticketOverlapMs'),
  };
}
