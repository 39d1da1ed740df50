import type { ArgumentsHost, CallHandler, ExceptionFilter, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Catch, HttpException } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type BankCardOcrErrorCode, ERROR_TEXTS } from '../errors/error-codes.js';
import { type Language, text } from '../errors/text.js';
import type { RecognitionError } from '../recognition/recognition.service.js';
import type { CardRejectedError } from '../results/warning-policy.js';
import { PhotoNotFoundException } from './photo-not-found.exception.js';

/** What went wrong inside this server is no client's business. */
const NO_DETAILS = text('internal server error', '服务器内部错误');

function errorBody(error: BankCardOcrError, language: Language, statusCode: number): object {
  const { code, vendorCode, bizSeqNo } = error;
  if (isOurs(error)) return { statusCode, code, message: NO_DETAILS[language] };
  const { orderNo, outcomeUnknown, warnings } = error as Partial<RecognitionError & CardRejectedError>;
  return {
    statusCode,
    code,
    // Ours, never Tencent's.
    message: messageOf(error, language),
    // The error has the reason of a failed refresh as if it were its own.
    ...(vendorCode !== undefined && !isOurs(error.cause) && { vendorCode }),
    ...(bizSeqNo !== undefined && { bizSeqNo }),
    // By their members, not by the class: two copies of the library may be installed.
    ...(typeof orderNo === 'string' && { orderNo }),
    ...(outcomeUnknown === true && { outcomeUnknown }),
    ...(code === 'CARD_REJECTED' && Array.isArray(warnings) && { warningCodes: warnings.map((one) => one.code) }),
  };
}

function isOurs(error: unknown): boolean {
  return isBankCardOcrError(error) && (error.code === 'CONFIGURATION' || error.code === 'ACCESS_DENIED');
}

/** They describe this server's credentials, down to the reason of its last failed refresh, or its store. */
const STATE_OF_SERVER = [
  'NO_VALID_TICKET',
  'CREDENTIALS_REJECTED',
  'EVIDENCE_STORE_FAILED',
  'TIMESTAMP_FAILED',
] as const;

function messageOf({ code, message, messageZh }: BankCardOcrError, language: Language): string {
  if (STATE_OF_SERVER.some((one) => one === code)) return ERROR_TEXTS[code][language];
  return language === 'zh' ? messageZh : message;
}

const CODES_BY_STATUS = {
  400: ['INVALID_ARGUMENT'],
  403: ['EVIDENCE_RESTRICTED'],
  404: ['ORDER_NOT_FOUND', 'EVIDENCE_NOT_FOUND'],
  409: ['EVIDENCE_HELD'],
  410: ['RESULT_GONE', 'EVIDENCE_ERASED'],
  413: ['IMAGE_TOO_LARGE'],
  415: ['IMAGE_TYPE_NOT_ACCEPTED'],
  422: ['CARD_UNREADABLE', 'CARD_REJECTED'],
  429: ['RATE_LIMITED'],
  500: ['CONFIGURATION', 'ACCESS_DENIED', 'EVIDENCE_DAMAGED'],
  502: ['PHOTO_DAMAGED', 'VENDOR_FAULT', 'VENDOR_CODE_UNKNOWN', 'RESPONSE_MALFORMED', 'RESPONSE_TOO_LARGE'],
  503: [...STATE_OF_SERVER, 'EVIDENCE_INCOMPLETE', 'UNREACHABLE'],
  504: ['TIMEOUT'],
} as const satisfies Readonly<Record<number, readonly BankCardOcrErrorCode[]>>;

/** The HTTP status of every {@link BankCardOcrErrorCode}: 4xx when the client can fix it, 5xx when it cannot. */
export const ERROR_STATUS: Readonly<Record<BankCardOcrErrorCode, number>> = Object.fromEntries(
  Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)])),
) as Record<(typeof CODES_BY_STATUS)[keyof typeof CODES_BY_STATUS][number], number>;

/** The HTTP status of an error; 500 for a code that another version of this library brought. */
export function statusOf({ code, vendorCode }: BankCardOcrError): number {
  // Tencent's code for a body that is too large (protocol.md section 6).
  if (code === 'INVALID_ARGUMENT' && vendorCode === '400601') return 413;
  return Object.hasOwn(ERROR_STATUS, code) ? ERROR_STATUS[code] : 500;
}

interface ErrorOptions {
  /** The language of `message`. @default 'en' */
  readonly language?: Language | undefined;
}

/** `retryAfterMs` is what `Retry-After` is made of. */
type HttpError = HttpException & { readonly retryAfterMs?: number | undefined };

/** Tencent counts requests by the second. */
const RATE_LIMIT_PAUSE_MS = 1_000;

/** Undefined for an error that is not this library's. */
export function translate(error: unknown, { language = 'en' }: ErrorOptions): HttpError | undefined {
  if (error instanceof PhotoNotFoundException) {
    return language === 'en' ? error : new PhotoNotFoundException(error.kind, error.reason, language);
  }
  if (!isBankCardOcrError(error)) return undefined;
  const status = statusOf(error);
  const exception = new HttpException(errorBody(error, language, status), status, { cause: error });
  const { retryAfterMs = status === 429 ? RATE_LIMIT_PAUSE_MS : undefined } = error;
  return status === 429 || status === 503 ? Object.assign(exception, { retryAfterMs }) : exception;
}

interface HttpResponse {
  header(name: string, value: string): unknown;
  status(status: number): { send(body: unknown): unknown };
  end(): unknown;
  readonly headersSent?: boolean;
  readonly raw?: { readonly headersSent: boolean; end(): unknown };
}

/** @returns whether the headers could still be set */
function setRetryAfter(response: HttpResponse, { retryAfterMs }: HttpError): boolean {
  if (response.headersSent ?? response.raw?.headersSent) return false;
  if (retryAfterMs !== undefined) response.header('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  return true;
}

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
        setRetryAfter(context.switchToHttp().getResponse(), translated);
        throw translated;
      }),
    );
  }
}

/** Matches by the brand, not by the class: two copies of the library may be installed. */
class AnyBankCardOcrError {
  static [Symbol.hasInstance](error: unknown): boolean {
    return isBankCardOcrError(error);
  }
}

/**
 * Returns what {@link BankCardOcrErrorInterceptor} returns, also for errors of a guard or a middleware. Outside HTTP it
 * sends `{ status: 'error', code, message, retryable }`: as the error of a microservice, the event `exception` of a
 * gateway, the `extensions` of GraphQL. In contexts of other packages it throws the error as it is.
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
    const exception = translate(error, this.options);
    if (!exception) throw error;
    if (type === 'http') {
      const response = host.switchToHttp().getResponse<HttpResponse>();
      if (!setRetryAfter(response, exception)) return (response.raw ?? response).end();
      return response.status(exception.getStatus()).send(exception.getResponse());
    }
    const { code, message } = exception.getResponse() as { code: string; message: string };
    const retryable = isBankCardOcrError(error) ? error.retryable : exception.retryAfterMs !== undefined;
    const body = { status: 'error', code, message, retryable };
    if (type === 'ws') return sendException(host.switchToWs().getClient(), body);
    if (type === 'graphql') return Object.assign(new Error(message), { extensions: { code, retryable } });
    if (type === 'rpc') return throwError(() => body);
    // Contexts of other packages (queues, bots, commands) take what a filter returns for the result of their handler.
    throw error;
  }
}

/** A client of socket.io, or one of `ws`, on which `emit` would only call listeners of this process. */
type WsClient =
  { emit(event: string, data: unknown): unknown } | { readonly readyState: number; send(text: string): void };

function sendException(client: WsClient, data: object): unknown {
  if (!('readyState' in client)) return client.emit('exception', data);
  return client.send(JSON.stringify({ event: 'exception', data }));
}
