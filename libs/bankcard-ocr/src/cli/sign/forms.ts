import { ORDER_NUMBER } from '../../ocr/order-number.js';
import { USER_ID } from '../../ocr/user-id.js';
import { type Text, text } from '../text.js';
import type { Purpose } from '../arguments.js';
import type { BrokenRule, SigningRule } from './signing-rule.js';
import { SIGNED, type SigningValues, VALUE_TEXTS } from './signing-values.js';

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
export function faultsOfForm(purpose: Purpose, values: SigningValues): BrokenRule[] {
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
