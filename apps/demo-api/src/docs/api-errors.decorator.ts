import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { CardErrorBody, HttpErrorBody, PhotoNotFoundBody } from './error-bodies.js';

type Body = typeof CardErrorBody | typeof HttpErrorBody | typeof PhotoNotFoundBody;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait; not always there', schema: { type: 'integer', minimum: 1 } as const },
};
const MAY_RETRY: ReadonlySet<number> = new Set([404, 429, 503]);

/** Describe the errors of a status. */
function ApiError(status: number, description: string, bodies: readonly Body[]): MethodDecorator & ClassDecorator {
  const schemas = bodies.map((body) => ({ $ref: getSchemaPath(body) }));
  return ApiResponse({
    status,
    description: `${STATUS_CODES[status]}: ${description}`,
    ...(MAY_RETRY.has(status) && { headers: RETRY_AFTER }),
    content: { 'application/json': { schema: schemas.length === 1 ? schemas[0]! : { anyOf: schemas } } },
  });
}

/** Describe what every route that needs a key may return, beside its own errors. */
export function ApiKeyErrors(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(HttpErrorBody, CardErrorBody, PhotoNotFoundBody),
    ApiError(401, 'the key is missing or wrong', [HttpErrorBody]),
    ApiError(403, 'the key lacks the scope of the route, or the order is restricted', [HttpErrorBody, CardErrorBody]),
    ApiError(429, 'too many requests, of this key or of Tencent', [HttpErrorBody, CardErrorBody]),
    ApiHttpErrors(),
  );
}

/** Describe what any route may return about HTTP itself: a request that is malformed, too long or too late. */
export function ApiHttpErrors(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(HttpErrorBody),
    ApiResponse({
      status: 'default',
      description: 'the request is malformed, too long or too late: 400, 404, 408, 413, 414, 415, 417 or 431',
      content: { 'application/json': { schema: { $ref: getSchemaPath(HttpErrorBody) } } },
    }),
  );
}

/** Describe the errors of a route that asks Tencent, for a card or for one of its photos. */
export function ApiCardErrors({ photo = false } = {}): MethodDecorator {
  const what = photo ? 'no such order or photo' : 'no such order';
  return applyDecorators(
    ApiError(400, 'something of the request, or Tencent refuses it', [HttpErrorBody, CardErrorBody]),
    ApiError(404, `${what}, or it belongs to another tenant`, [CardErrorBody, ...(photo ? [PhotoNotFoundBody] : [])]),
    ApiError(410, 'Tencent no longer keeps the result, or the archive has erased the order', [CardErrorBody]),
    ApiError(413, 'Tencent finds the request too large', [HttpErrorBody, CardErrorBody]),
    ApiError(422, 'the card could not be read, or was rejected', [CardErrorBody]),
    ApiError(500, 'this server is not set up rightly', [CardErrorBody, HttpErrorBody]),
    ApiError(502, 'Tencent failed, or its response is malformed', [CardErrorBody]),
    ApiError(503, 'Tencent cannot be reached, there are no credentials, or something here is down', [
      CardErrorBody,
      HttpErrorBody,
    ]),
    ApiError(504, 'Tencent took too long', [CardErrorBody]),
  );
}

/** Describe 415 for an image. */
export function ApiImageErrors(): MethodDecorator {
  return ApiError(415, 'no form, or the image is of a type that Tencent does not accept', [
    HttpErrorBody,
    CardErrorBody,
  ]);
}
