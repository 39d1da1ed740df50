import type { BankCardOcrOptions } from './bankcard-ocr.options.js';

/** The default of every option that has one. */
export const DEFAULTS = {
  baseUrl: 'https://idasc.webank.com',
  allowInsecureHttp: false,
  paths: {
    accessToken: '/api/oauth2/access_token',
    apiTicket: '/api/oauth2/api_ticket',
    queryResult: '/api/server/getBankCardOcrResult',
    recognize: '/api/paas/bankcardocrapp',
  },
  protocolVersion: '1.0.0',
  appIdParameter: 'app_id',
  refreshIntervalMs: 1_200_000,
  ticketOverlapMs: 60_000,
  backgroundRefresh: true,
  role: 'refresher',
  timeoutMs: 15_000,
  attemptTimeoutMs: 5_000,
  connectTimeoutMs: 3_000,
  maxAttempts: 3,
  maxConnections: 50,
  maxConnectionAgeMs: 300_000,
  maxResponseBytes: 32 * 1024 * 1024,
  waitForPhotosMs: 3_000,
  waitForResultMs: 0,
  warningPolicy: 'report',
  transport: 'http-service',
  assumedVendorRetentionMs: 259_200_000,
  recognitionTimeoutMs: 10_000,
  imageTypes: ['image/jpeg', 'image/png', 'image/bmp'],
} as const satisfies Partial<BankCardOcrOptions>;
