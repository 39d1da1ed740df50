import { BadRequestException } from '@nestjs/common';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Read a body: a JSON object whose members are no objects or lists themselves, which is all that this API has a use for.
 * What is nested may be nested thousands of times in 4 kB, and the conversion to a DTO calls itself for every level.
 *
 * @throws {@link BadRequestException} which repeats nothing of the body; `JSON.parse` would
 */
export function readJsonBody(body: Buffer): Readonly<Record<string, unknown>> {
  const parsed = parse(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw unreadable();
  for (const [name, value] of Object.entries(parsed)) {
    // A member of such a name would take the place of what every object has, and validation relies on.
    if ((typeof value === 'object' && value !== null) || name in Object.prototype) throw unreadable();
  }
  return parsed as Record<string, unknown>;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(UTF_8.decode(body));
  } catch {
    throw unreadable();
  }
}

function unreadable(): BadRequestException {
  return new BadRequestException('the body must be a JSON object without objects or lists in it');
}
