import { applyDecorators } from '@nestjs/common';
import { Expose, Transform } from 'class-transformer';
import { IsBoolean, Matches, ValidateIf } from 'class-validator';
import { ORDER_NUMBER } from '../call/order-number.js';

/** Validate a property of a DTO as an order number: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsOrderNumber(): PropertyDecorator {
  return applyDecorators(Matches(ORDER_NUMBER, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Validate a property of a DTO as a user id: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsUserId(): PropertyDecorator {
  return IsOrderNumber();
}

/** Validate and describe a property of a DTO that holds an order number or a user id. */
export function Id(description: string, required = true): PropertyDecorator {
  const schema = { description, required, pattern: ORDER_NUMBER.source, minLength: 1, maxLength: 32 };
  return applyDecorators(...(required ? [] : [Optional()]), IsOrderNumber(), Described(schema));
}

function Optional(): PropertyDecorator {
  return ValidateIf((_dto, value) => value !== undefined);
}

const TRUE: ReadonlySet<unknown> = new Set([true, 'true', '1']);
const FALSE: ReadonlySet<unknown> = new Set([false, 'false', '0', '']);

/**
 * A boolean of a query string: `true`, `1`, `false`, `0`, empty or none; under `ValidationPipe({ transform: true })`.
 */
export function IsQueryFlag(): PropertyDecorator {
  return applyDecorators(
    // From the raw object: `enableImplicitConversion` has made true of every text by now, of 'false' too.
    Transform(({ obj, key }: { obj: Readonly<Record<string, unknown>>; key: string }) => {
      const given = obj[key];
      return TRUE.has(given) || (FALSE.has(given) ? false : given);
    }),
    Optional(),
    IsBoolean({ message: '$property must be true, false, 1, 0 or empty' }),
  );
}

const FACTORY = '_OPENAPI_METADATA_FACTORY';

/** Describe a property to `@nestjs/swagger` as its CLI plugin would, so that your app needs to install neither. */
export function Described(schema: object): PropertyDecorator {
  return ({ constructor }, name) => {
    const described = constructor as { [FACTORY]?: () => object };
    const others = Object.hasOwn(constructor, FACTORY) ? described[FACTORY]?.() : {};
    const members = { ...others, [name]: { required: true, type: () => String, ...schema } };
    described[FACTORY] = () => members;
  };
}

/** Describe a property of a response, and keep it under `excludeExtraneousValues` of `ClassSerializerInterceptor`. */
export function Shown(schema: object = {}): PropertyDecorator {
  return applyDecorators(Expose(), Described(schema));
}
