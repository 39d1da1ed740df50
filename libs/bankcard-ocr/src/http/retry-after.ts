import type { ExecutionContext } from '@nestjs/common';

/** What the response objects of Express and Fastify have in common. */
interface ResponseWithHeaders {
  header(name: string, value: string): unknown;
  readonly headersSent?: boolean;
  readonly raw?: { readonly headersSent: boolean };
}

/**
 * Tell the client when to come back. Set on the response itself, because an `HttpException` carries no headers; Express
 * and Fastify both keep what is set when the exception's body is sent.
 *
 * @param ms milliseconds, sent as whole seconds, at least one
 */
export function setRetryAfter(context: ExecutionContext, ms: number): void {
  const response = context.switchToHttp().getResponse<ResponseWithHeaders>();
  if (response.headersSent ?? response.raw?.headersSent) return;
  response.header('Retry-After', String(Math.max(1, Math.ceil(ms / 1_000))));
}
