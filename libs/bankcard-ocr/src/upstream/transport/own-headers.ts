import { channel } from 'node:diagnostics_channel';

/** Tells of each request of undici when it has been made, and lets whoever listens add headers to it. */
const CREATED = channel('undici:request:create');

/**
 * Make requests of undici that have these headers and no other. Some tracers add theirs although the request is untraced:
 * Sentry 10 `sentry-trace` and `baggage`. They are nothing that Tencent has to know.
 *
 * @param make makes the requests before it returns
 */
export function withOwnHeadersOnly(own: Readonly<Record<string, string>>, make: () => void): void {
  if (!CREATED.hasSubscribers) return make();
  // Subscribers are told in the order in which they came: this one is the last, for as long as it is there.
  const removeOthers = (message: unknown): void => {
    const { headers } = (message as { request: { headers?: unknown } }).request;
    if (!Array.isArray(headers)) return;
    const names = new Set(Object.keys(own));
    // In pairs.
    const kept = headers.filter((_one, index) => names.has(String(headers[index - (index % 2)]).toLowerCase()));
    headers.splice(0, headers.length, ...kept);
  };
  CREATED.subscribe(removeOthers);
  try {
    make();
  } finally {
    CREATED.unsubscribe(removeOthers);
  }
}
