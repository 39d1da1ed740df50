import type { KnownOrder } from '../orders/order-book.js';
import { type JsonObject, type Stamp, success, type SandboxResponse } from './vendor-response.js';

/**
 * The nested answer of both endpoints; `success` is false even here, as in the official example (protocol.md section 3:
 * ignore it).
 *
 * @param fields what each endpoint spells its own way
 */
export function resultResponse(
  { bizSeqNo, transactionTime }: Stamp,
  order: KnownOrder,
  fields: JsonObject,
): SandboxResponse {
  const { orderNo, clarity } = order;
  return success({
    bizSeqNo,
    result: { bizSeqNo, transactionTime, orderNo, ...fields, clarity, success: false },
    transactionTime,
  });
}

/** The first warning and the list of all of them, as texts; `0` for none. */
export function warningTexts({ warnings }: KnownOrder): { readonly first: string; readonly all: string } {
  return { first: warnings[0] ?? '0', all: warnings.length === 0 ? '0' : `[${warnings.join(',')}]` };
}
