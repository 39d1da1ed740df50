import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { isBankCardOcrError } from 'nestjs-bankcard-ocr';
import { catchError, defer, from, map, mergeMap, type Observable } from 'rxjs';
import type { ClientRequest } from '../auth/client-request.js';
import { type AuditOutcome, AuditTrail } from './audit-trail.js';
import { readReason, requireReason } from './reason.js';

/** Holds what an audited route returns, or its error, until the line about it is on disk. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly audit: AuditTrail) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    let reason: string | undefined;
    return defer(() => {
      reason = readReason(context.switchToHttp().getRequest<ClientRequest>());
      if (this.audit.routeOf(context)?.reason === 'required') requireReason(reason);
      return next.handle();
    }).pipe(
      catchError((error: unknown) => {
        return from(this.audit.write(context, failureOf(error), reason)).pipe(
          map(() => {
            throw error;
          }),
        );
      }),
      mergeMap(async (released: unknown) => {
        try {
          await this.audit.write(context, 'released', reason);
        } catch (error) {
          // Nobody reads it any more, and it may hold a file open.
          if (released instanceof StreamableFile) released.getStream().destroy();
          throw error;
        }
        return released;
      }),
    );
  }
}

function failureOf(error: unknown): AuditOutcome {
  if (isBankCardOcrError(error)) return `failed: ${error.code}`;
  if (!(error instanceof HttpException)) return 'failed: internal';
  const status = error.getStatus();
  return status < 500 ? `refused: ${status}` : `failed: ${status}`;
}
