import { type CanActivate, type ExecutionContext, ForbiddenException, HttpStatus, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuditTrail } from '../audit/audit-trail.js';
import type { ClientRequest } from './client-request.js';
import { IS_PUBLIC } from './public.decorator.js';
import { REQUIRED_SCOPES } from './require-scopes.decorator.js';
import type { Scope } from './scopes.js';

/** Lets a key use a route when it has the scopes of the route. A route that names none, and is not public, is refused. */
@Injectable()
export class ScopesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: AuditTrail,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, places) === true) return true;
    const required = this.reflector.getAllAndOverride<readonly Scope[] | undefined>(REQUIRED_SCOPES, places);
    const { apiKey } = context.switchToHttp().getRequest<ClientRequest>();
    const missing = required?.filter((scope) => apiKey?.scopes.has(scope) !== true);
    if (apiKey && missing?.length === 0) return true;
    await this.audit.refused(context, 'scope-missing');
    throw new ForbiddenException({
      statusCode: HttpStatus.FORBIDDEN,
      error: 'Forbidden',
      message:
        missing === undefined
          ? 'this route is open to no API key: its code names no scope'
          : `this API key lacks the scope ${missing.join(', ')}; ask the operator for a key that has it (docs/demo.md)`,
    });
  }
}
