/** The `code` of the error that ends a connection which took too long to establish. */
export const CONNECT_TIMEOUT_CODE = 'BANKCARD_OCR_CONNECT_TIMEOUT';

/** The `code` of the error for a proxy that cannot be reached, or that answers nothing; the reason is its `cause`. */
export const PROXY_UNREACHABLE_CODE = 'BANKCARD_OCR_PROXY_UNREACHABLE';

/** The `code` of the error for a proxy that opens no tunnel begins like this and ends in the HTTP status. */
export const PROXY_ANSWERED = 'PROXY_ANSWERED_';

/** The `code` of the error that ends what is under way when all connections are closed, and all that begins later. */
export const CLOSED_CODE = 'BANKCARD_OCR_CLOSED';

/** The `code` of the error for an HttpService of the application's own that answered with something else than a stream. */
export const NO_STREAM_CODE = 'BANKCARD_OCR_NO_STREAM';

/** The `code` of the error for an answer that wants to speak another protocol (101), or none that HTTP knows. */
export const UNEXPECTED_UPGRADE_CODE = 'BANKCARD_OCR_UNEXPECTED_UPGRADE';

const NEVER_SENT = new WeakSet<Error>();

/** An error that is known by its code. */
export function connectionError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

/** Note that an error came before anything of the request was sent. */
export function neverSent<E extends Error>(error: E): E {
  NEVER_SENT.add(error);
  return error;
}

/** Whether {@link neverSent} was said of an error, or of what caused it. */
export function wasNeverSent(error: unknown): boolean {
  let one = error as { readonly cause?: unknown } | null | undefined;
  for (let depth = 0; depth < 4 && typeof one === 'object' && one !== null; depth += 1) {
    if (NEVER_SENT.has(one as Error)) return true;
    one = one.cause as typeof one;
  }
  return false;
}
