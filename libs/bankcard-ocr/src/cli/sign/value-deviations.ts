import type { Purpose } from '../arguments.js';
import { text } from '../text.js';
import type { Deviation } from './deviation.js';
import type { SignatureRecipe, ValueName } from './signature-recipe.js';
import { PURPOSE_TEXTS, SIGNED, type SigningValues, valueOf, VALUE_TEXTS, valuesFor } from './signing-values.js';

const OTHER_VERSIONS = ['1.0.0', '1.0', '1', '1.0.1', '1.1.0', '2.0', '2.0.0', 'v1.0.0'];

/** Other values than those that are signed for a purpose. */
export function valueDeviations(purpose: Purpose, told: SigningValues, ticket: string): Deviation[] {
  return [
    ...otherPurposes(purpose, told, ticket),
    ...missing(purpose),
    ...extra(purpose, told, ticket),
    ...versions(told),
  ];
}

function otherPurposes(purpose: Purpose, told: SigningValues, ticket: string): Deviation[] {
  return (Object.keys(SIGNED) as Purpose[]).flatMap((other): Deviation[] => {
    const values = other === purpose ? undefined : valuesFor(other, told, ticket);
    if (!values) return [];
    const { en, zh } = PURPOSE_TEXTS[other];
    const how = text(`the values of ${en} were signed`, `签的是「${zh}」所用的值`);
    return [{ kind: 'values', rule: 'other-purpose', how, apply: (recipe) => ({ ...recipe, values }) }];
  });
}

function missing(purpose: Purpose): Deviation[] {
  return SIGNED[purpose].map((name) => {
    const { en, zh } = VALUE_TEXTS[name];
    return {
      kind: 'values',
      rule: 'missing-value',
      how: text(`the ${en} is missing`, `缺少${zh}`),
      apply: without(name),
    };
  });
}

function extra(purpose: Purpose, told: SigningValues, ticket: string): Deviation[] {
  const names = (Object.keys(VALUE_TEXTS) as ValueName[]).filter((name) => !SIGNED[purpose].includes(name));
  return names.flatMap((name): Deviation[] => {
    const value = valueOf(name, told, ticket);
    if (value === undefined) return [];
    const { en, zh } = VALUE_TEXTS[name];
    const apply = (recipe: SignatureRecipe) => ({ ...recipe, values: [...recipe.values, { name, text: value }] });
    return [{ kind: 'values', rule: 'extra-value', how: text(`the ${en} is signed too`, `多签了${zh}`), apply }];
  });
}

function versions({ version }: SigningValues): Deviation[] {
  return OTHER_VERSIONS.filter((other) => other !== version).map((other) => {
    return {
      kind: 'values',
      rule: 'version',
      how: text(`version ${other} was signed`, `签的 version 是 ${other}`),
      apply: replaced('version', () => other),
    };
  });
}

function without(left: ValueName): Deviation['apply'] {
  return (recipe) => ({ ...recipe, values: recipe.values.filter(({ name }) => name !== left) });
}

/** Spell one value in another way. */
export function replaced(changed: ValueName, spell: (value: string) => string): Deviation['apply'] {
  return (recipe) => ({
    ...recipe,
    values: recipe.values.map((value) => (value.name === changed ? { ...value, text: spell(value.text) } : value)),
  });
}
