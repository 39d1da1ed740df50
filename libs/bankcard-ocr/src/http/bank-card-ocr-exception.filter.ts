import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type ErrorOptions, type HttpResponse, hasHeadersSent, setHeaders, translate } from './error-body.js';
import { PhotoNotFoundException } from './photo-not-found.exception.js';

/** Matches by the brand, not by the class: two copies of the library may be installed. */
class AnyBankCardOcrError {
  static [Symbol.hasInstance](error: unknown): boolean {
    return isBankCardOcrError(error);
  }
}

/**
 * Returns what {@link BankCardOcrErrorInterceptor} returns, also for errors of a guard or a middleware. Outside HTTP it
 * sends `{ status: 'error', code, message, retryable }`: as the error of a microservice, the event `exception` of a
 * gateway, the `extensions` of GraphQL.
 * @example @UseFilters(new BankCardOcrExceptionFilter())
 */
export class BankCardOcrExceptionFilter implements ExceptionFilter {
  static {
    // Not as a decorator: the compiler would record the constructor's types, and Nest would need a provider of the options.
    Catch(AnyBankCardOcrError, PhotoNotFoundException)(this);
  }

  constructor(private readonly options: ErrorOptions = {}) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    const type: string = host.getType();
    const translated = translate(error, this.options);
    if (!translated) throw error;
    const { exception, headers } = translated;
    if (type === 'http') {
      const response = host.switchToHttp().getResponse<HttpResponse>();
      if (hasHeadersSent(response)) return (response.raw ?? response).end();
      setHeaders(response, headers);
      return response.status(exception.getStatus()).send(exception.getResponse());
    }
    const { code, message } = exception.getResponse() as { code: string; message: string };
    const retryable = isBankCardOcrError(error) ? error.retryable : headers['Retry-After'] !== undefined;
    const body = { status: 'error', code, message, retryable };
    if (type === 'ws') {
      return host.switchToWs().getClient<{ emit(event: string, data: unknown): unknown }>().emit('exception', body);
    }
    if (type === 'graphql') return Object.assign(new Error(message), { extensions: { code, retryable } });
    return throwError(() => body);
  }
}
