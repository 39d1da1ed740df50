import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { AuditInterceptor } from './audit.interceptor.js';
import { AUDITED, type AuditedRoute } from './audit-trail.js';

/**
 * Write a line into the audit file before a route releases anything, and for every request that it refuses.
 *
 * @param event what is released
 * @param reason whether the client has to say why, in the header `x-reason` or the query parameter `reason`
 */
export function Audited(event: AuditedRoute['event'], { reason }: Pick<AuditedRoute, 'reason'>): MethodDecorator {
  return applyDecorators(
    SetMetadata(AUDITED, { event, reason } satisfies AuditedRoute),
    UseInterceptors(AuditInterceptor),
  );
}
