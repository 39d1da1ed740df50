import { applyDecorators } from '@nestjs/common';
import { Matches } from 'class-validator';
import { USER_ID } from '../ocr/user-id.js';

/** Validate a property of a DTO as a user id: 1 to 32 ASCII letters and digits. The value is never repeated. */
export function IsUserId(): PropertyDecorator {
  return applyDecorators(Matches(USER_ID, { message: '$property must be 1 to 32 ASCII letters and digits' }));
}

/** Describe such a property to `@nestjs/swagger`. */
export function userIdSchema(described: { required: boolean; description: string }): object {
  return { ...described, type: () => String, pattern: USER_ID.source, minLength: 1, maxLength: 32 };
}
