import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiHttpErrors } from '../docs/api-errors.decorator.js';
import { RouteConfig } from '@nestjs/platform-fastify';

/** The configuration that {@link Public} sets on a route of Fastify. */
export interface RouteAccess {
  readonly isPublic?: boolean;
}

/** Where {@link Public} leaves its mark for guards. */
export const IS_PUBLIC = 'demo-api:public';

/** Serve a route without an API key. Fastify has to know, too: it checks before it reads a body, Nest only afterwards. */
export function Public(): MethodDecorator {
  return applyDecorators(
    RouteConfig({ isPublic: true } satisfies RouteAccess),
    SetMetadata(IS_PUBLIC, true),
    ApiHttpErrors(),
  );
}
