import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, ValidateIf } from 'class-validator';

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
