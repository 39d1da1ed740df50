import { RouteConfig } from '@nestjs/platform-fastify';

/** The configuration that {@link Public} sets on a route of Fastify. */
export interface RouteAccess {
  readonly isPublic?: boolean;
}

/** Serve a route without an API key. Fastify has to know: it checks before it reads a body, Nest only afterwards. */
export function Public(): MethodDecorator {
  return RouteConfig({ isPublic: true } satisfies RouteAccess);
}
