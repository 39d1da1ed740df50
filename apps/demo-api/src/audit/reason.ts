import { BadRequestException, HttpStatus } from '@nestjs/common';
import { type ClientRequest, textOf } from '../auth/client-request.js';

/** Characters of a reason. */
export const LONGEST_REASON = 200;
/** Control characters, marks of direction, separators of lines, half surrogate pairs: what makes a text look like another. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
/** As long as the shortest card number, whatever stands between the digits. */
const LIKE_A_CARD_NUMBER = /(?:\d[ .-]?){12,}/;

/**
 * Why a client wants something: the header `x-reason`, percent-encoded where it is not ASCII, or the query parameter `reason`.
 *
 * @returns undefined when it does not say
 * @throws {@link BadRequestException} for a reason that cannot be kept; it is not repeated
 */
export function readReason({ headers, query }: Pick<ClientRequest, 'headers' | 'query'>): string | undefined {
  const fromHeader = headers['x-reason'];
  const isInQuery = typeof query === 'object' && query !== null && Object.hasOwn(query, 'reason');
  if (fromHeader === undefined && !isInQuery) return undefined;
  if (fromHeader !== undefined && isInQuery) throw wrong('give one reason, as header or in the query');
  const reason = (isInQuery ? textOf(query, 'reason') : decoded(fromHeader))?.trim();
  if (reason === undefined) throw wrong('give one reason; percent-encode UTF-8 in the header');
  if (reason === '' || reason.length > LONGEST_REASON) throw wrong(`a reason has 1 to ${LONGEST_REASON} characters`);
  if (UNPRINTABLE.test(reason)) throw wrong('a reason has printable characters only');
  if (LIKE_A_CARD_NUMBER.test(reason)) throw wrong('a reason has no card number in it');
  return reason;
}

/** @throws {@link BadRequestException} */
export function requireReason(reason: string | undefined): string {
  if (reason !== undefined) return reason;
  throw wrong('say why the number is needed, in the header x-reason or the query parameter reason');
}

function decoded(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || /[^\t -~]/.test(header)) return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    return undefined;
  }
}

function wrong(message: string): BadRequestException {
  return new BadRequestException({ statusCode: HttpStatus.BAD_REQUEST, error: 'Bad Request', message });
}
