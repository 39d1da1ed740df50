import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  HttpStatus,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { errorBody, type ErrorLanguage, setRetryAfter } from './error-body.js';
import { PhotoNotFoundException } from './photo-not-found.exception.js';

/** The options of {@link BankCardOcrErrorInterceptor}. */
export interface BankCardOcrErrorInterceptorOptions {
  /** The language of `message`. @default 'en' */
  readonly language?: ErrorLanguage | undefined;
}

/** The vendor counts requests by the second. */
const RATE_LIMIT_PAUSE_MS = 1_000;

/**
 * Answers every {@link BankCardOcrError} that a handler throws with a fitting HTTP status and the body
 * `{ statusCode, code, message, vendorCode, bizSeqNo }`, of a rejected card also with
 * `warningCodes`; 429, and 503 when the time is known, with `Retry-After`. Lets
 * everything else pass, and everything that is not HTTP.
 *
 * Bind it with `@UseInterceptors(new BankCardOcrErrorInterceptor())`, or as `APP_INTERCEPTOR` with `useClass`, or with
 * `useValue` to give options. Not `@Injectable()`: Nest would then look for a provider of the options.
 */
export class BankCardOcrErrorInterceptor implements NestInterceptor {
  readonly #language: ErrorLanguage;

  constructor({ language = 'en' }: BankCardOcrErrorInterceptorOptions = {}) {
    this.#language = language;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (isBankCardOcrError(error)) throw this.#translate(error, context);
        if (error instanceof PhotoNotFoundException) throw this.#tellWhen(error, context);
        throw error;
      }),
    );
  }

  #translate(error: BankCardOcrError, context: ExecutionContext): HttpException {
    const body = errorBody(error, this.#language);
    const retryAfterMs = retryAfter(body.statusCode, error);
    if (retryAfterMs !== undefined) setRetryAfter(context, retryAfterMs);
    return new HttpException(body, body.statusCode, { cause: error });
  }

  #tellWhen(exception: PhotoNotFoundException, context: ExecutionContext): PhotoNotFoundException {
    const { kind, reason, retryAfterMs } = exception;
    if (retryAfterMs !== undefined) setRetryAfter(context, retryAfterMs);
    return this.#language === 'en' ? exception : new PhotoNotFoundException(kind, reason, this.#language);
  }
}

function retryAfter(status: number, { retryAfterMs }: BankCardOcrError): number | undefined {
  if (status === HttpStatus.TOO_MANY_REQUESTS.valueOf()) return retryAfterMs ?? RATE_LIMIT_PAUSE_MS;
  return status === HttpStatus.SERVICE_UNAVAILABLE.valueOf() ? retryAfterMs : undefined;
}
