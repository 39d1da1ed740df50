import { type CanActivate, type ExecutionContext, Logger, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ApiKeys } from './api-keys.js';
import { IS_PUBLIC } from './public.decorator.js';

/** Lets a request in when its header `x-api-key` carries a known key. A missing key and a wrong one are told alike. */
export class ApiKeyGuard implements CanActivate {
  readonly #reflector = new Reflector();
  readonly #log = new Logger('ApiKeyGuard');

  constructor(private readonly apiKeys: ApiKeys) {}

  canActivate(context: ExecutionContext): boolean {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    if (this.#reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [handler, controller]) === true) return true;
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | string[] | undefined> }>();
    const given = headers['x-api-key'];
    const client = this.apiKeys.nameOf(typeof given === 'string' ? given : '');
    if (client === undefined) throw new UnauthorizedException('a valid API key is needed in the header x-api-key');
    // The route, not the URL: order numbers do not belong into a log.
    this.#log.debug(`${client}: ${controller.name}.${handler.name}`);
    return true;
  }
}
