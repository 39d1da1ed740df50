import { applyDecorators } from '@nestjs/common';
import { Matches } from 'class-validator';
import { ORDER_NUMBER } from '../ocr/order-number.js';

/** Validate a property of a DTO as an order number: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsOrderNumber(): PropertyDecorator {
  return applyDecorators(Matches(ORDER_NUMBER, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Describe such a property to `@nestjs/swagger`. */
export function orderNumberSchema(described: { required: boolean; description: string }): object {
  return { ...described, type: () => String, pattern: ORDER_NUMBER.source, minLength: 1, maxLength: 32 };
}
