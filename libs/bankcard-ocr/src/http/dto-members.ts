import { applyDecorators } from '@nestjs/common';
import { Expose, Transform } from 'class-transformer';
import { IsBoolean, Matches, ValidateIf } from 'class-validator';
import { ORDER_NUMBER, USER_ID } from '../call/order-number.js';

/** Validate a property of a DTO as an order number: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsOrderNumber(): PropertyDecorator {
  return applyDecorators(Matches(ORDER_NUMBER, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Validate a property of a DTO as a user id: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsUserId(): PropertyDecorator {
  return applyDecorators(Matches(USER_ID, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Validate a property only when it is there. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_dto, value) => value !== undefined);
}

const SPELLINGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 'true', '1'].map((spelling) => [spelling, true] as const),
  ...[false, 'false', '0', ''].map((spelling) => [spelling, false] as const),
]);

/**
 * Read and validate an optional boolean property of a DTO from a query string: `true` and `1`, `false`, `0` and nothing.
 * Anything else is a validation error. Needs `ValidationPipe({ transform: true })`.
 */
export function IsQueryFlag(): PropertyDecorator {
  return applyDecorators(
    // From the raw object: `enableImplicitConversion` has made true of every text by now, of 'false' too.
    Transform(({ obj, key }: { obj: Readonly<Record<string, unknown>>; key: string }) => {
      return SPELLINGS.get(obj[key]) ?? obj[key];
    }),
    Optional(),
    IsBoolean({ message: '$property must be true, false, 1, 0 or empty' }),
  );
}

const FACTORY = '_OPENAPI_METADATA_FACTORY';

/** Describe a property to `@nestjs/swagger` as the plugin of its CLI would, so that nobody has to install either. */
export function Described(schema: object): PropertyDecorator {
  return ({ constructor }, name) => {
    const described = constructor as { [FACTORY]?: () => object };
    const others = Object.hasOwn(constructor, FACTORY) ? described[FACTORY]?.() : {};
    const members = { ...others, [name]: { required: true, type: () => String, ...schema } };
    described[FACTORY] = () => members;
  };
}

/** Describe such a property that holds an order number or a user id. */
export function DescribedId(description: string, required = true): PropertyDecorator {
  return Described({ description, required, pattern: ORDER_NUMBER.source, minLength: 1, maxLength: 32 });
}

/** Describe a property of a response, and keep it under `excludeExtraneousValues` of `ClassSerializerInterceptor`. */
export function Shown(schema: object = {}): PropertyDecorator {
  return applyDecorators(Expose(), Described(schema));
}
