import type { PhotoKind } from '../../card/card-photo.js';
import { type Scalar } from '../../card/extra-fields.js';
import { printable } from '../../runtime/printable-text.js';
import { isJsonObject, isOrderNumberName, type JsonObject } from './json-response.js';

/** The fields of a result under one name each, whatever host or page spelled them. */
type ResultField =
  | 'cardNumber'
  | 'validity'
  | 'warning'
  | 'warnings'
  | 'operateTime'
  | 'clarity'
  | 'originalPhoto'
  | 'cropPhoto'
  | 'numberPhoto';

/** Every spelling in lower case: pages differ in the case of letters too (protocol.md section 3). */
const SPELLINGS: ReadonlyMap<string, ResultField> = new Map([
  ['bankcardno', 'cardNumber'],
  ['bankcardvaliddate', 'validity'],
  ['warncode', 'warning'],
  ['warningcode', 'warning'],
  ['multiwarncode', 'warnings'],
  ['multiwarningcode', 'warnings'],
  ['operatetime', 'operateTime'],
  ['clarity', 'clarity'],
  ['originbankcardphoto', 'originalPhoto'],
  ['orginbankcardphoto', 'originalPhoto'],
  ['bankcardcropphoto', 'cropPhoto'],
  ['bankcardnophoto', 'numberPhoto'],
]);

/** As the newest documents spell them: looked up as they are, most names need not be put into lower case. */
const DOCUMENTED: ReadonlyMap<string, ResultField> = new Map([
  ['bankCardNo', 'cardNumber'],
  ['bankCardValidDate', 'validity'],
  ['warnCode', 'warning'],
  ['multiWarnCode', 'warnings'],
  ['operateTime', 'operateTime'],
  ['clarity', 'clarity'],
]);

function fieldOf(name: string): ResultField | undefined {
  return DOCUMENTED.get(name) ?? SPELLINGS.get(name.toLowerCase());
}

/** The fields that are photos. */
export const PHOTO_FIELDS: readonly (readonly [kind: PhotoKind, field: ResultField])[] = [
  ['original', 'originalPhoto'],
  ['crop', 'cropPhoto'],
  ['numberStrip', 'numberPhoto'],
];

/** Which photo a field of an answer is, in whatever spelling; undefined for what is no photo. */
export function photoKindOf(name: string): PhotoKind | undefined {
  const field = fieldOf(name);
  return PHOTO_FIELDS.find(([, photo]) => photo === field)?.[0];
}

/** Read elsewhere, or meaningless on bank cards. */
const ENVELOPE_FIELDS = new Set(['code', 'msg', 'bizSeqNo', 'transactionTime', 'success', 'result']);

/** The content of a result answer. */
export interface ResultFields {
  /** Whatever stands anywhere as the order number: none of it may be another one. */
  readonly orderNumbers: readonly unknown[];
  readonly known: ReadonlyMap<ResultField, unknown>;
  readonly unknown: readonly (readonly [name: string, value: Scalar])[];
}

/**
 * Collect the fields of a result answer: nested under `result` as the examples show, or flat as the tables do. What is
 * nested wins; of two spellings the first one that says something.
 */
export function collectResultFields(json: JsonObject): ResultFields {
  const orderNumbers: unknown[] = [];
  const known = new Map<ResultField, unknown>();
  const unknown: [string, Scalar][] = [];
  const places = isJsonObject(json['result']) ? [json['result'], json] : [json];
  for (const place of places) {
    for (const name of Object.keys(place)) {
      const value = place[name];
      const field = fieldOf(name);
      if (field === undefined && isOrderNumberName(name)) orderNumbers.push(value);
      else if (field === undefined) {
        if (isScalar(value) && !ENVELOPE_FIELDS.has(name)) unknown.push([printable(name), printableScalar(value)]);
      } else if (isSilent(known.get(field))) known.set(field, value);
    }
  }
  return { orderNumbers, known, unknown };
}

function isSilent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Whoever prints it must not have the cursor of a terminal moved by it. */
function printableScalar(value: Scalar): Scalar {
  return typeof value === 'string' ? printable(value) : value;
}
