import { PROXY_ANSWERED } from './connection-fault.js';

/** What a proxy that opens no tunnel has said. */
export interface ProxyAnswer {
  readonly text: string;
  /** It may say something else the next time. */
  readonly passing: boolean;
}

const HINTS: Readonly<Record<number, string>> = {
  403: ': it does not let connections to this host through',
  407: ': it wants a user name and a password, or other ones (proxy)',
};

/** Read what a proxy has said from the code of an error, if that is one of a proxy. */
export function proxyAnswer(code: string | undefined): ProxyAnswer | undefined {
  if (!code?.startsWith(PROXY_ANSWERED)) return undefined;
  const status = Number(code.slice(PROXY_ANSWERED.length));
  const passing = status >= 500 || status === 408 || status === 429;
  return { text: `the proxy answered HTTP ${status}${HINTS[status] ?? ''}`, passing };
}
