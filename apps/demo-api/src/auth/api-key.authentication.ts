import { HttpException, HttpStatus, Injectable, Logger, UnauthorizedException } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { tooManyRequests } from '../limits/too-many-requests.js';
import { RATE_PERIOD_MS, RateLimits } from '../limits/rate-limits.js';
import { type ApiKey, ApiKeys, nameOf } from './api-keys.js';
import type { ClientRequest } from './client-request.js';
import type { RouteAccess } from './public.decorator.js';

/** The part of a response that a refusal changes. */
interface Reply {
  header(name: string, value: string): unknown;
}

/** How many attempts with a missing or wrong key one address has in a minute. */
export abstract class AuthFailureLimit {
  abstract readonly perMinute: number;
}

/**
 * Finds the key that a request carries. It runs in Fastify's `onRequest`, before the body is read, so that a stranger cannot
 * make the demo read, parse or refuse one; what the key allows is checked by {@link ScopesGuard}. A missing key and a
 * wrong one get the same response. A right key is accepted from any address: whoever shares an address with an
 * attacker, behind a proxy or NAT, is served.
 */
@Injectable()
export class ApiKeyAuthentication {
  readonly #log = new Logger('ApiKey');

  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly limits: RateLimits,
    private readonly failures: AuthFailureLimit,
  ) {}

  /** @throws {@link HttpException} 401, or 429 after too many of them */
  async authenticate(request: ClientRequest, reply: Reply): Promise<void> {
    const { method, headers, routeOptions } = request;
    if ((routeOptions.config as RouteAccess).isPublic === true) return;
    const given = headers['x-api-key'];
    const apiKey = this.apiKeys.find(typeof given === 'string' ? given : '');
    if (!apiKey) throw await this.#refuse(request, reply);
    request.apiKey = apiKey;
    // The route, not the URL: order numbers do not belong into a log.
    this.#log.debug(`${describe(apiKey)}: ${method} ${routeOptions.url}`);
  }

  async #refuse({ ip }: ClientRequest, reply: Reply): Promise<HttpException> {
    // One subnet of IPv6 is one client: it has 2^64 addresses to choose from.
    const address = normalizeIp(ip);
    const { isBlocked, timeToBlockExpire } = await this.limits.increment(
      address,
      RATE_PERIOD_MS,
      this.failures.perMinute,
      0,
      'auth-failure',
    );
    if (isBlocked) {
      reply.header('retry-after', String(timeToBlockExpire));
      return tooManyRequests(
        'too many requests without a valid API key; correct the key, and wait before the next one',
      );
    }
    reply.header('www-authenticate', 'ApiKey header="x-api-key"');
    return new UnauthorizedException({
      statusCode: HttpStatus.UNAUTHORIZED,
      error: 'Unauthorized',
      message: 'send a valid API key in the header x-api-key; the operator of this server creates keys (docs/demo.md)',
    });
  }
}

function describe(apiKey: ApiKey): string {
  return nameOf(apiKey);
}
