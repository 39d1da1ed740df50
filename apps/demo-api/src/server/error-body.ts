import { STATUS_CODES } from 'node:http';

/** The form of an error that Nest's own exceptions have. */
export interface ErrorBody {
  readonly statusCode: number;
  readonly error: string;
  readonly message: string;
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'the request is malformed',
  404: 'there is nothing at this path',
  408: 'the request took too long to arrive',
  413: 'the body is too large',
  414: 'a part of the path is too long',
  415: 'the body is of a type that is not accepted here',
  417: 'the expectation cannot be met',
  431: 'the head of the request is too large',
};

/** The body of an error that is about HTTP itself. Its texts are fixed: nothing of a request is ever repeated. */
export function errorBody(statusCode: number): ErrorBody {
  const error = STATUS_CODES[statusCode] ?? 'Error';
  return { statusCode, error, message: MESSAGES[statusCode] ?? error.toLowerCase() };
}
