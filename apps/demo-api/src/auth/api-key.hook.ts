import { Logger, UnauthorizedException } from '@nestjs/common';
import type { ApiKeys } from './api-keys.js';
import type { RouteAccess } from './public.decorator.js';

/** A request as far as Fastify has read it: its head. */
interface RequestHead {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly routeOptions: { readonly url?: string; readonly config: object };
}

/**
 * A hook for Fastify's `onRequest`: lets a request in when its header `x-api-key` carries a known key. It runs before the
 * body is read, so that a stranger cannot make the demo read, parse or refuse one. A missing key and a wrong one
 * get the same response.
 */
export function requireApiKey(apiKeys: ApiKeys): (request: RequestHead) => Promise<void> {
  const log = new Logger('ApiKey');
  return async ({ method, headers, routeOptions: { url, config } }) => {
    if ((config as RouteAccess).isPublic === true) return;
    const given = headers['x-api-key'];
    const client = apiKeys.nameOf(typeof given === 'string' ? given : '');
    if (client === undefined) throw new UnauthorizedException('a valid API key is needed in the header x-api-key');
    // The route, not the URL: order numbers do not belong into a log.
    log.debug(`${client}: ${method} ${url}`);
  };
}
