import { RouteConfig } from '@nestjs/platform-fastify';

/** What {@link Public} tells Fastify about a route. */
export interface RouteAccess {
  readonly isPublic?: boolean;
}

/** Serve a route without an API key. It is Fastify that is told: it asks before it reads a body, and Nest only afterwards. */
export function Public(): MethodDecorator {
  return RouteConfig({ isPublic: true } satisfies RouteAccess);
}
