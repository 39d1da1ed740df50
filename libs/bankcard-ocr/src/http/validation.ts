import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, Matches, ValidateIf } from 'class-validator';
import { ORDER_NUMBER, USER_ID } from '../call/order-number.js';

/** Validate a property of a DTO as an order number: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsOrderNumber(): PropertyDecorator {
  return applyDecorators(Matches(ORDER_NUMBER, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Describe such a property to `@nestjs/swagger`. */
export function orderNumberSchema(described: { required: boolean; description: string }): object {
  return { ...described, type: () => String, pattern: ORDER_NUMBER.source, minLength: 1, maxLength: 32 };
}

/** Validate a property of a DTO as a user id: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsUserId(): PropertyDecorator {
  return applyDecorators(Matches(USER_ID, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Describe such a property to `@nestjs/swagger`. */
export function userIdSchema(described: { required: boolean; description: string }): object {
  return { ...described, type: () => String, pattern: USER_ID.source, minLength: 1, maxLength: 32 };
}

/** A property before anything was made of it. */
interface Property {
  readonly obj: Readonly<Record<string, unknown>>;
  readonly key: string;
}

const SPELLINGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
  ['', false],
  [true, true],
  [false, false],
]);

/**
 * Read and validate an optional boolean property of a DTO from a query string: `true` and `1`, `false`, `0` and nothing.
 * Anything else is a validation error. Needs `ValidationPipe({ transform: true })`.
 */
export function IsQueryFlag(): PropertyDecorator {
  return applyDecorators(
    // From the raw object: `enableImplicitConversion` has made true of every text by now, of 'false' too.
    Transform(({ obj, key }: Property) => readFlag(obj[key])),
    ValidateIf((_dto, value) => value !== undefined),
    IsBoolean({ message: '$property must be true, false, 1, 0 or empty' }),
  );
}

function readFlag(raw: unknown): unknown {
  return SPELLINGS.get(raw) ?? raw;
}
