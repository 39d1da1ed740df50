import { timingSafeEqual } from 'node:crypto';
import { text } from '../text.js';
import type { Purpose } from '../arguments.js';
import type { Deviation } from './deviation.js';
import { faultsOfForm } from './forms.js';
import { readSignature } from './given-signature.js';
import { digestDeviations, jointDeviations } from './joint-deviations.js';
import { faultOfTicket, type KnownTicket, ticketTypeFor } from './known-ticket.js';
import { orderDeviations } from './order-deviations.js';
import { digestOf, type NamedValue, type SignatureRecipe, vendorRecipe } from './signature-recipe.js';
import type { BrokenRule } from './signing-rule.js';
import { SIGNED, type SigningValues, valuesFor } from './signing-values.js';
import { spellingDeviations } from './spelling-deviations.js';
import { valueDeviations } from './value-deviations.js';

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
