import { ORDER_NUMBER } from '../../ocr/order-number.js';
import { USER_ID } from '../../ocr/user-id.js';
import { text } from '../text.js';
import type { Purpose } from '../arguments.js';
import type { BrokenRule } from './signing-rule.js';
import { SIGNED, type SigningValues } from './signing-values.js';

const NONCE = /^[0-9A-Za-z]{32}$/;
const VERSION = /^[!-~]{1,20}$/;

/** What the vendor refuses whatever it was signed with. Lengths are told, values are not. */
export function faultsOfForm(purpose: Purpose, { nonce, orderNo, userId, version }: SigningValues): BrokenRule[] {
  const signed = SIGNED[purpose];
  const broken: BrokenRule[] = [];
  if (signed.includes('nonce') && !NONCE.test(nonce ?? '')) {
    const length = nonce?.length ?? 0;
    const how = text(
      `the nonce must be 32 letters and digits; it has ${length} characters`,
      `nonce 必须是 32 位字母或数字；现在有 ${length} 个字符`,
    );
    broken.push({ rule: 'nonce-form', how });
  }
  if (signed.includes('orderNo') && !ORDER_NUMBER.test(orderNo ?? '')) {
    const length = orderNo?.length ?? 0;
    const how = text(
      `the order number must be 1 to 32 letters and digits; it has ${length} characters`,
      `订单号必须是 1 到 32 位字母或数字；现在有 ${length} 个字符`,
    );
    broken.push({ rule: 'order-number-form', how });
  }
  if (signed.includes('userId') && !USER_ID.test(userId ?? '')) {
    const length = userId?.length ?? 0;
    const how = text(
      `the user id must be 1 to 32 letters and digits; it has ${length} characters`,
      `用户 ID 必须是 1 到 32 位字母或数字；现在有 ${length} 个字符`,
    );
    broken.push({ rule: 'user-id-form', how });
  }
  if (signed.includes('version') && !VERSION.test(version ?? '')) {
    const how = text('the version must have 1 to 20 characters', 'version 必须有 1 到 20 个字符');
    broken.push({ rule: 'version-form', how });
  }
  return broken;
}
