import type { ConnectionOptions } from './connection-options.js';
import { proxyOfEnvironment } from './proxy-of-environment.js';

/**
 * The proxy on the way to an origin: the option, else what the environment says.
 *
 * @returns undefined for none
 */
export function proxyFor({ origin, loopback, proxy }: ConnectionOptions): URL | undefined {
  if (proxy) return proxy.reveal() === 'none' ? undefined : new URL(proxy.reveal());
  // Whoever tests against this machine does not want to be sent out by a variable of the company's.
  return loopback ? undefined : proxyOfEnvironment(origin, process.env);
}

/** The header with a proxy's user name and password, if its URL has them. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** A variable of the environment may hold a password with a bare percent sign, which other programs take as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
