import { HttpException, HttpStatus } from '@nestjs/common';

/** 429, in the form of Nest's own exceptions. */
export function tooManyRequests(message: string): HttpException {
  const statusCode = HttpStatus.TOO_MANY_REQUESTS;
  return new HttpException({ statusCode, error: 'Too Many Requests', message }, statusCode);
}
