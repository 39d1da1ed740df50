import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** Where {@link Public} leaves its mark. */
export const IS_PUBLIC = Symbol('demo-api/public');

/** Serve a route, or all routes of a controller, without an API key. */
export function Public(): CustomDecorator<symbol> {
  return SetMetadata(IS_PUBLIC, true);
}
