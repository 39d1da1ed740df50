import { timingSafeEqual } from 'node:crypto';
import { ORDER_NUMBER } from '../../call/order-number.js';
import { USER_ID } from '../../call/order-number.js';
import type { Purpose } from '../arguments.js';
import { text, type Text } from '../text.js';
import {
  type Deviation,
  digestDeviations,
  jointDeviations,
  orderDeviations,
  spellingDeviations,
  valueDeviations,
} from './deviations.js';
import {
  type BrokenRule,
  digestOf,
  type NamedValue,
  type SignatureRecipe,
  type SigningRule,
  vendorRecipe,
} from './signature-recipe.js';
import { SIGNED, type SigningValues, VALUE_TEXTS, valuesFor } from './signing-values.js';
import { faultOfTicket, type KnownTicket, ticketTypeFor } from './ticket-sources.js';

/** A signature, and what is known of how it was made. */
export interface SignatureCase {
  readonly purpose: Purpose;
  readonly values: SigningValues;
  readonly sign: string;
  /** The most likely first. */
  readonly tickets: readonly KnownTicket[];
}

/** Why a signature fits, or does not. Nothing in it is secret. */
export interface Explanation {
  readonly fits: boolean;
  readonly broken: readonly BrokenRule[];
  /** The ticket that it was made with, without its text. */
  readonly ticket?: Omit<KnownTicket, 'text'>;
}

/** Two mistakes at once are looked for with so many tickets; one, with all. */
const TICKETS_FOR_TWO = 4;

/** Find out how a signature was made: by the rules, or with one or two of them broken. Pure. */
export function explainSignature({ purpose, values, sign, tickets }: SignatureCase): Explanation {
  const given = readSignature(sign, purpose === 'report');
  const forms = [...given.broken, ...faultsOfForm(purpose, values)];
  const { bytes } = given;
  const found = bytes && find(bytes, purpose, values, tickets);
  if (!found) return { fits: false, broken: [...forms, unknownMaking(purpose, tickets)] };
  const ticketFault = faultOfTicket(found.ticket, purpose);
  const { text: _secret, ...ticket } = found.ticket;
  const broken = [...forms, ...(ticketFault ? [ticketFault] : []), ...found.broken];
  return { fits: broken.length === 0, broken, ticket };
}

interface Found {
  readonly ticket: KnownTicket;
  readonly broken: readonly BrokenRule[];
}

function find(
  bytes: Buffer,
  purpose: Purpose,
  told: SigningValues,
  tickets: readonly KnownTicket[],
): Found | undefined {
  const starts = tickets.flatMap((ticket) => {
    const values = valuesFor(purpose, told, ticket.text);
    return values ? [{ ticket, values }] : [];
  });
  const right = starts.find(({ values }) => gives(bytes, vendorRecipe(values)));
  if (right) return { ticket: right.ticket, broken: [] };
  const trials = starts.map((start) => ({ ...start, deviations: deviationsFrom(purpose, told, start.values) }));
  for (const { ticket, values, deviations } of trials) {
    const one = deviations.find((deviation) => gives(bytes, deviation.apply(vendorRecipe(values))));
    if (one) return { ticket, broken: [ruleOf(one)] };
  }
  for (const { ticket, values, deviations } of trials.slice(0, TICKETS_FOR_TWO)) {
    const two = findTwo(bytes, vendorRecipe(values), deviations);
    if (two) return { ticket, broken: two.map(ruleOf) };
  }
  return undefined;
}

function deviationsFrom(purpose: Purpose, told: SigningValues, values: readonly NamedValue[]): Deviation[] {
  const ticket = values.find(({ name }) => name === 'ticket')?.text ?? '';
  const names = SIGNED[purpose];
  return [
    ...valueDeviations(purpose, told, ticket),
    ...spellingDeviations(names),
    ...orderDeviations(names),
    ...jointDeviations(),
    ...digestDeviations(),
  ];
}

/** Every one after the values have been changed, because that decides what there is to be spelled and ordered. */
function findTwo(bytes: Buffer, recipe: SignatureRecipe, deviations: readonly Deviation[]): Deviation[] | undefined {
  for (const [index, first] of deviations.entries()) {
    const changed = first.apply(recipe);
    const second = deviations.slice(index + 1).find((other) => {
      return other.kind !== first.kind && gives(bytes, other.apply(changed));
    });
    if (second) return [first, second];
  }
  return undefined;
}

function ruleOf({ rule, how }: Deviation): BrokenRule {
  return { rule, how };
}

function gives(bytes: Buffer, recipe: SignatureRecipe): boolean {
  const made = digestOf(recipe);
  return made.length === bytes.length && timingSafeEqual(made, bytes);
}

function unknownMaking(purpose: Purpose, tickets: readonly KnownTicket[]): BrokenRule {
  const wanted = ticketTypeFor(purpose);
  const isKnown = tickets.some(({ type }) => type === wanted);
  const how = isKnown
    ? text(
        'no ticket that is known gives it, neither by the rules nor with one or two of them broken: it was made with another ticket, or with other values',
        '已知的 ticket 都得不到这个签名，违反一两条规则也不行：用的是别的 ticket，或别的值',
      )
    : text(`no ${wanted} ticket is known to compare with`, `没有可供比较的 ${wanted} ticket`);
  return { rule: 'unknown', how };
}

interface Form {
  readonly name: 'nonce' | 'orderNo' | 'userId' | 'version';
  readonly rule: SigningRule;
  readonly pattern: RegExp;
  readonly wanted: Text;
}

const SHORT_TEXT = text('1 to 32 letters and digits', '1 到 32 位字母或数字');

const FORMS: readonly Form[] = [
  {
    name: 'nonce',
    rule: 'nonce-form',
    pattern: /^[0-9A-Za-z]{32}$/,
    wanted: text('32 letters and digits', '32 位字母或数字'),
  },
  { name: 'orderNo', rule: 'order-number-form', pattern: ORDER_NUMBER, wanted: SHORT_TEXT },
  { name: 'userId', rule: 'user-id-form', pattern: USER_ID, wanted: SHORT_TEXT },
  {
    name: 'version',
    rule: 'version-form',
    pattern: /^[!-~]{1,20}$/,
    wanted: text('1 to 20 characters', '1 到 20 个字符'),
  },
];

/** What the vendor refuses whatever it was signed with. Lengths are told, values are not. */
function faultsOfForm(purpose: Purpose, values: SigningValues): BrokenRule[] {
  return FORMS.filter(({ name, pattern }) => {
    return SIGNED[purpose].includes(name) && !pattern.test(values[name] ?? '');
  }).map(({ name, rule, wanted }) => {
    const length = values[name]?.length ?? 0;
    const { en, zh } = VALUE_TEXTS[name];
    const how = text(
      `the ${en} must be ${wanted.en}; it has ${length} characters`,
      `${zh}：必须是 ${wanted.zh}；现在有 ${length} 个字符`,
    );
    return { rule, how };
  });
}

/** A signature as it was handed in: its bytes, in whatever form they are written, and what is wrong with the form. */
interface GivenSignature {
  readonly bytes: Buffer | undefined;
  readonly broken: readonly BrokenRule[];
}

const HEX = /^(?:[0-9A-Fa-f]{2})+$/;
const BASE64 = /^[A-Za-z0-9+/_-]{20,}={0,2}$/;
const DIGITS = 40;

/** Read a signature. @param mayBeLower the vendor's own signatures come in any letter case */
function readSignature(sign: string, mayBeLower: boolean): GivenSignature {
  const trimmed = sign.trim();
  const spaced: BrokenRule[] =
    trimmed === sign ? [] : [{ rule: 'form', how: text('white space stands around it', '前后有空白') }];
  if (HEX.test(trimmed)) {
    const bytes = Buffer.from(trimmed, 'hex');
    if (trimmed.length !== DIGITS) return { bytes, broken: [...spaced, wrongLength(trimmed.length)] };
    const isUpper = trimmed === trimmed.toUpperCase();
    return { bytes, broken: isUpper || mayBeLower ? spaced : [...spaced, LOWER_CASE] };
  }
  if (BASE64.test(trimmed)) return { bytes: Buffer.from(trimmed, 'base64'), broken: [...spaced, NOT_HEX] };
  return { bytes: undefined, broken: [...spaced, wrongLength(trimmed.length)] };
}

const LOWER_CASE: BrokenRule = {
  rule: 'letter-case',
  how: text('it has lower-case digits: the vendor wants 0-9 and A-F', '含有小写字母：必须是 0-9 和 A-F'),
};
const NOT_HEX: BrokenRule = {
  rule: 'form',
  how: text('it is Base64: the vendor wants 40 hexadecimal digits', '是 Base64：必须是 40 位十六进制'),
};

function wrongLength(length: number): BrokenRule {
  const how = text(
    `it must be 40 hexadecimal digits; it has ${length} characters`,
    `必须是 40 位十六进制；现在有 ${length} 个字符`,
  );
  return { rule: 'form', how };
}
