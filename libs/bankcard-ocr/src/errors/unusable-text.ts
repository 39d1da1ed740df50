import { Problem } from './configuration-error.js';

const QUOTATION_MARK = /^["'`“”‘’]|["'`“”‘’]$/;
/** `${NAME}`, `$(NAME)`, `{{ NAME }}`, and as a whole `$NAME`, `%NAME%`, `<name>`. */
const PLACEHOLDER = /\$\{|\$\([A-Za-z_]|\{\{|^\$[A-Za-z_]\w*$|^%[A-Za-z_]\w*%$|^<[^<>]*>$/;
/** What JavaScript writes for a value that is none, as a whole or as a part of a URL or a path. */
const NO_VALUE = /(^|[/:@=])(undefined|null|NaN)([/:@?#]|$)|\[object \w+\]/;
const NO_VALUE_AS_A_WHOLE = /^(undefined|null|none|nil|nan|true|false)$/i;

/**
 * Find what keeps a configured text from being meant as it is written: quotation marks around it, a placeholder that
 * was not replaced, or the text of a missing value. No app id, secret or URL looks like that, and most of what reads
 * them would take it without a word.
 *
 * @returns undefined when there is nothing to say against it
 */
export function unusableText(text: string): Problem | undefined {
  if (QUOTATION_MARK.test(text.trim())) {
    return new Problem(
      'has quotation marks around it: remove them (docker --env-file, systemd and Kubernetes hand them over as part of the value)',
      '两端带有引号：请去掉（docker --env-file、systemd、Kubernetes 会把引号当作值的一部分）',
    );
  }
  if (PLACEHOLDER.test(text.trim())) {
    return new Problem(
      'holds a placeholder that was not replaced: put the value itself there',
      '含有未被替换的占位符：请填入实际的值',
    );
  }
  if (NO_VALUE.test(text.trim())) {
    return new Problem(
      "holds 'undefined', 'null' or the like, the text of a missing value: set it, or leave it out",
      "含有 'undefined'、'null' 之类的文本，说明取值缺失：请设置该值，或不要设置这一项",
    );
  }
  return undefined;
}

/** Whether a text as a whole says that there is no value, in one of the usual languages. */
export function saysNoValue(text: string): boolean {
  return NO_VALUE_AS_A_WHOLE.test(text.trim());
}
