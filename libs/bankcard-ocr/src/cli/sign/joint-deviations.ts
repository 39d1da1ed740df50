import { text } from '../text.js';
import type { Deviation } from './deviation.js';
import { OTHER_DIGESTS } from './signature-recipe.js';

const SEPARATORS = ['&', ',', ' ', '|', '+', '\n', ';', '-', '_'];
const TAILS = ['\n', '\r\n', ' ', '\0'];

/** Something between the values, or behind them. */
export function jointDeviations(): Deviation[] {
  const separated = SEPARATORS.map((separator): Deviation => {
    const shown = JSON.stringify(separator);
    const how = text(`the values are joined with ${shown}`, `各值之间加了 ${shown}`);
    return { kind: 'joint', rule: 'separator', how, apply: (recipe) => ({ ...recipe, separator }) };
  });
  const ended = TAILS.map((tail): Deviation => {
    const shown = JSON.stringify(tail);
    const how = text(`${shown} stands behind the joined values`, `拼接后的末尾多了 ${shown}`);
    return { kind: 'joint', rule: 'line-end', how, apply: (recipe) => ({ ...recipe, tail }) };
  });
  return [...separated, ...ended];
}

/** Something else than SHA-1 over UTF-8. */
export function digestDeviations(): Deviation[] {
  return Object.entries(OTHER_DIGESTS).map(([name, digest]) => {
    const rule = /over/.test(name) ? 'charset' : 'digest';
    const how = text(`the digest is ${name}`, `摘要用的是 ${name}`);
    return { kind: 'digest', rule, how, apply: (recipe) => ({ ...recipe, digest }) };
  });
}
