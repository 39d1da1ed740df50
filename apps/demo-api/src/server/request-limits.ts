/** Milliseconds for a whole request to arrive: an image of 2.3 MB takes a phone with a poor connection that long. */
const REQUEST_TIMEOUT_MS = 30_000;

/** What a request may cost: this API takes short GETs, POSTs of a few short texts, and forms with an image (`UPLOAD_LIMITS`). */
export const REQUEST_LIMITS = {
  /** Bytes of a body that is no form; the longest has two texts. */
  bodyLimit: 4 * 1024,
  requestTimeout: REQUEST_TIMEOUT_MS,
  /** Milliseconds without traffic on a connection; well above the longest query (`BANKCARD_OCR_TIMEOUT_MS`). */
  connectionTimeout: 60_000,
  /**
   * Node reads these when it creates the server, Fastify sets `requestTimeout` only afterwards: both need it. Without a
   * shorter time for the head Node takes the longer of the two for the whole request.
   */
  http: {
    /** Milliseconds for the head of a request to arrive. */
    headersTimeout: 5_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    /** How often Node checks for requests that are late. Its default of 30 s would double the time. */
    connectionsCheckingInterval: 1_000,
    /** A request without a host is refused all the same, by a hook: Node would respond without a body or any header. */
    requireHostHeader: false,
  },
  routerOptions: {
    /** Characters of a path's parameter; order numbers have 32. */
    maxParamLength: 64,
  },
} as const;
