import type { BaseUrl } from '../../options/vendor.options.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { ConnectionOptions } from '../../vendor/http/connector.js';
import type { Destination } from '../../vendor/http/connector.js';
import { proxyFor, withoutBrackets } from '../../vendor/http/proxy.js';
import { type Text, text } from '../text.js';

/** The way to one of the vendor's hosts. */
export interface Route {
  /** With its port, if that is not the usual one. */
  readonly host: string;
  readonly destination: Destination;
  /** Its user name and password must not be shown: only `host` of it. */
  readonly proxy: URL | undefined;
  readonly connection: ConnectionOptions;
  /** Only recognition of images needs this host: whoever does not use it need not be able to reach it. */
  readonly isForRecognition: boolean;
}

/** The ways to the host of queries and, where it is another one, to that of recognition. */
export function routesOf(options: ResolvedOptions): [main: Route, ...others: Route[]] {
  const { baseUrl, recognitionBaseUrl } = options;
  const main = wayTo(baseUrl, options, false);
  return recognitionBaseUrl.origin === baseUrl.origin ? [main] : [main, wayTo(recognitionBaseUrl, options, true)];
}

function wayTo({ origin, host, loopback }: BaseUrl, options: ResolvedOptions, isForRecognition: boolean): Route {
  const { connectTimeoutMs, proxy, ca } = options;
  const connection = { origin, loopback, maxConnections: 1, connectTimeoutMs, proxy, ca };
  const { hostname, port, protocol } = new URL(origin);
  const secure = protocol === 'https:';
  return {
    host,
    destination: { hostname: withoutBrackets(hostname), port: Number(port || (secure ? 443 : 80)), secure },
    proxy: proxyFor(connection),
    connection,
    isForRecognition,
  };
}

/** What a failure on this way means. */
export function failureOn({ isForRecognition }: Pick<Route, 'isForRecognition'>): 'fail' | 'warn' {
  return isForRecognition ? 'warn' : 'fail';
}

/** Said of a failure on a way that may not matter. */
export function whatNeeds({ isForRecognition }: Pick<Route, 'isForRecognition'>): Text | undefined {
  return isForRecognition
    ? text('Only recognition of images needs this host', '只有图片识别会用到这个地址')
    : undefined;
}
