import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { ApiKeyErrors } from '../docs/api-errors.decorator.js';
import type { Scope } from './scopes.js';

/** Where {@link RequireScopes} leaves its mark. */
export const REQUIRED_SCOPES = 'demo-api:scopes';

/** The name of the API key in the OpenAPI document. */
export const API_KEY_SCHEME = 'apiKey';

/** Serve a route, or all routes of a controller, to keys that have all of these scopes. */
export function RequireScopes(...scopes: [Scope, ...Scope[]]): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata(REQUIRED_SCOPES, scopes),
    ApiSecurity(API_KEY_SCHEME),
    ApiExtension('x-required-scopes', scopes),
    ApiKeyErrors(),
  );
}
