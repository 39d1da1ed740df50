import type { Purpose } from '../arguments.js';
import { type Text, text } from '../text.js';
import type { NamedValue, ValueName } from './signature-recipe.js';

/** The values that were told, the ticket left out. */
export type SigningValues = Readonly<Partial<Record<Exclude<ValueName, 'ticket' | 'getFile'>, string>>>;

/** The values that are signed, in the order in which the documents list them (protocol.md section 4). */
export const SIGNED: Readonly<Record<Purpose, readonly ValueName[]>> = {
  query: ['appId', 'orderNo', 'version', 'nonce', 'ticket'],
  launch: ['appId', 'userId', 'version', 'nonce', 'ticket'],
  report: ['appId', 'orderNo', 'ticket'],
};

/** What a value is called. */
export const VALUE_TEXTS: Readonly<Record<ValueName, Text>> = {
  appId: text('app id', 'app id'),
  orderNo: text('order number', '订单号'),
  userId: text('user id', '用户 ID'),
  version: text('version', 'version'),
  nonce: text('nonce', 'nonce'),
  ticket: text('ticket', 'ticket'),
  getFile: text('get_file', 'get_file'),
};

/** What the vendor's parameters for them are called. */
export const PARAMETER_NAMES: Readonly<Record<ValueName, string>> = {
  appId: 'app_id',
  orderNo: 'order_no',
  userId: 'user_id',
  version: 'version',
  nonce: 'nonce',
  ticket: 'ticket',
  getFile: 'get_file',
};

/** What a signature is made for. */
export const PURPOSE_TEXTS: Readonly<Record<Purpose, Text>> = {
  query: text('a query', '查询'),
  launch: text('a launch of the phone SDK', '启动手机 SDK'),
  report: text('a report of the phone SDK', '手机 SDK 回传'),
};

/** The values that are signed for a purpose; undefined when one of them was not told. */
export function valuesFor(purpose: Purpose, told: SigningValues, ticket: string): NamedValue[] | undefined {
  const values = SIGNED[purpose].map((name) => ({ name, text: valueOf(name, told, ticket) }));
  return values.some(({ text: one }) => one === undefined) ? undefined : (values as NamedValue[]);
}

/** One value by its name; undefined when it was not told. */
export function valueOf(name: ValueName, told: SigningValues, ticket: string): string | undefined {
  if (name === 'ticket') return ticket;
  // What asks for photos, and is not signed.
  return name === 'getFile' ? '1' : told[name];
}

/** Several values by what they are called. */
export function listOf(names: readonly ValueName[]): Text {
  return text(
    names.map((name) => VALUE_TEXTS[name].en).join(', '),
    names.map((name) => VALUE_TEXTS[name].zh).join('、'),
  );
}
