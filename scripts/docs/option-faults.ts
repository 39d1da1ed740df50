import type { OptionDeclaration } from './option-declarations.js';
import { chineseOf, literalOf, ruleOf, VALUES } from './option-facts.js';

/** How the text of an option tells the unit of its number. */
const UNIT_IN_TEXT = { milliseconds: /^Milliseconds /, bytes: / in bytes\b/, 'whole number': /(?:)/ } as const;

/** Where the comment of an option says something else than the code, or nothing. */
export function faultsInOption({ name, required, comment: { text, tags } }: OptionDeclaration): string[] {
  const unit = ruleOf(name).number?.unit;
  const faults = [
    unit === undefined || UNIT_IN_TEXT[unit].test(text) ? '' : `does not say that it counts ${unit}`,
    Object.hasOwn(VALUES, name)
      ? faultInLiteral(name, tags)
      : faultInWords(required, tags.has('default'), chineseOf(name)?.default !== undefined),
  ];
  return faults.filter((fault) => fault !== '').map((fault) => `${name} ${fault}`);
}

/** Of an option whose default is among the values. */
function faultInLiteral(name: string, tags: ReadonlyMap<string, string>): string {
  const literal = literalOf(VALUES[name]);
  return tags.get('default') === literal ? '' : `has not @default ${literal ?? 'left out, as its members have them'}`;
}

/** Of an option that becomes something else when it is left out, or must not be left out. */
function faultInWords(required: boolean, hasDefault: boolean, hasChinese: boolean): string {
  if (hasDefault === required) return required ? 'is required, and has a @default' : 'has no @default';
  return hasDefault === hasChinese ? '' : 'has no default in Chinese';
}
