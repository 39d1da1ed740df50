import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { type ErrorOptions, hasHeadersSent, type HttpResponse, setHeaders, translate } from './error-body.js';

/**
 * Maps every `BankCardOcrError` of a pipe or a handler to an HTTP status and the body `{ statusCode, code, message,
 * vendorCode, bizSeqNo }`, of a rejected card with `warningCodes`; 429, and 503 when the time is known, with
 * `Retry-After`. For guards, take `BankCardOcrExceptionFilter`.
 * @example @UseInterceptors(new BankCardOcrErrorInterceptor())
 */
export class BankCardOcrErrorInterceptor implements NestInterceptor {
  constructor(private readonly options: ErrorOptions = {}) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    return next.handle().pipe(
      catchError((error: unknown) => {
        const translated = translate(error, this.options);
        if (!translated) throw error;
        // An exception carries no headers. Express and Fastify keep what is set when its body is sent.
        const response = context.switchToHttp().getResponse<HttpResponse>();
        if (!hasHeadersSent(response)) setHeaders(response, translated.headers);
        throw translated.exception;
      }),
    );
  }
}
