import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiKey } from './api-keys.js';

/** A request as Fastify has read it. Its members come from outside: nothing of them is validated. */
export interface ClientRequest {
  readonly method: string;
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params?: unknown;
  readonly query?: unknown;
  readonly routeOptions: { readonly url?: string | undefined; readonly config: object };
  /** The key that the request carries; null on a public route. */
  apiKey: ApiKey | null;
}

/** The tenant whose key a request carries, for a handler of a route that needs one. */
export const Tenant = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { apiKey } = context.switchToHttp().getRequest<ClientRequest>();
  if (!apiKey) throw new Error('a public route has no tenant');
  return apiKey.tenant;
});

/** A text among the parameters of a path or query; undefined for what is not there, or there several times. */
export function textOf(values: unknown, name: string): string | undefined {
  if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name)) return undefined;
  const value = (values as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}
