import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { errorBody } from './error-body.js';

/** A request of Fastify. */
interface Request {
  readonly raw: IncomingMessage;
  /** No route has this path. */
  readonly is404: boolean;
}

/**
 * Maps errors of HTTP itself to the body of all other errors, with a fixed text: those of Fastify and of Nest repeat the
 * path, the query, or a piece of the body. They are the client's, so none of them is logged, or clients could fill
 * the log.
 */
@Catch()
export class HttpErrorFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const statusCode = statusOfProtocol(error, host.switchToHttp().getRequest<Request>());
    // oxlint-disable-next-line promise/valid-params -- a filter of Nest, not a promise
    super.catch(statusCode === undefined ? error : new HttpException(errorBody(statusCode), statusCode), host);
  }
}

/** The status of an error that is about HTTP itself; undefined for those of handlers, pipes and hooks. */
function statusOfProtocol(error: unknown, { raw, is404 }: Request): number | undefined {
  if (error instanceof HttpException) {
    if (is404 && error.getStatus() === 404) return 404;
    // What Nest makes of an error of Fastify; exceptions that code has thrown have an object.
    return typeof error.getResponse() === 'string' ? error.getStatus() : undefined;
  }
  // A client that left in the middle of a request reads no response, and is no fault of this server.
  if (!raw.complete && raw.destroyed) return 400;
  const statusCode = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
