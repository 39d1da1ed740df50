import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiHeader, ApiQuery } from '@nestjs/swagger';
import { AuditInterceptor } from './audit.interceptor.js';
import { AUDITED, type AuditedRoute } from './audit-trail.js';
import { LONGEST_REASON } from './reason.js';

/**
 * Write a line into the audit file before a route releases anything, and for every request that it refuses.
 *
 * @param event what is released
 * @param reason whether the client has to say why, in the header `x-reason` or the query parameter `reason`
 */
export function Audited(event: AuditedRoute['event'], { reason }: Pick<AuditedRoute, 'reason'>): MethodDecorator {
  const description =
    `Why, for the audit file: 1 to 200 printable characters without a card number. ` +
    (reason === 'required' ? 'Required, in the header or in the query' : 'In the header or in the query');
  const schema = { type: 'string', minLength: 1, maxLength: LONGEST_REASON } as const;
  return applyDecorators(
    SetMetadata(AUDITED, { event, reason } satisfies AuditedRoute),
    UseInterceptors(AuditInterceptor),
    ApiHeader({ name: 'x-reason', required: false, description: `${description}. Percent-encode UTF-8`, schema }),
    ApiQuery({ name: 'reason', required: false, description, schema, example: 'payout 17' }),
  );
}
