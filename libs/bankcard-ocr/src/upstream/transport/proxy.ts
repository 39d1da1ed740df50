import { BankCardOcrConfigurationError, configurationFault } from '../../errors/configuration-error.js';
import { Problem } from '../../errors/problem.js';
import type { ConnectionOptions } from './connection-options.js';
import { proxyOfEnvironment, type ProxyOfEnvironment } from './proxy-of-environment.js';
import { readProxyUrl } from './proxy-url.js';

/** What leads to an origin. */
export type ProxyChoice = Pick<ConnectionOptions, 'origin' | 'loopback' | 'proxy'>;

/**
 * The proxy on the way to an origin: the option, else what the environment says.
 *
 * @returns undefined for none
 * @throws {@link BankCardOcrConfigurationError} when the variable of the environment cannot be read
 */
export function proxyFor({ origin, loopback, proxy }: ProxyChoice): URL | undefined {
  const named = proxyNamed({ origin, loopback, proxy }, process.env);
  if (!named) return undefined;
  if (!(named.proxy instanceof Problem)) return named.proxy;
  throw new BankCardOcrConfigurationError([configurationFault('proxy', named.proxy, named.variable)]);
}

/** The same, with the name of the variable, if it comes from the environment, and with what is wrong, if that is so. */
export function proxyNamed(
  { origin, loopback, proxy }: ProxyChoice,
  environment: Readonly<Record<string, string | undefined>>,
): (Pick<ProxyOfEnvironment, 'proxy'> & { readonly variable?: string }) | undefined {
  if (proxy) return isNone(proxy.reveal()) ? undefined : { proxy: readProxyUrl(proxy.reveal()) };
  // Whoever tests against this machine does not want to be sent out by a variable of the company's.
  return loopback ? undefined : proxyOfEnvironment(origin, environment);
}

/** Whether the option says that there is no proxy. */
export function isNone(text: string): boolean {
  return text.trim().toLowerCase() === 'none';
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
