/** What a request may cost: this API takes short GETs, and POSTs of a few short texts. */
export const REQUEST_LIMITS = {
  /** Bytes of a body; the longest has two texts. */
  bodyLimit: 4 * 1024,
  /** Milliseconds for a whole request to arrive. */
  requestTimeout: 10_000,
  /** Milliseconds without traffic on a connection; well above the longest query (`BANKCARD_OCR_TIMEOUT_MS`). */
  connectionTimeout: 60_000,
  routerOptions: {
    /** Characters of a path's parameter; order numbers have 32. */
    maxParamLength: 64,
  },
} as const;
