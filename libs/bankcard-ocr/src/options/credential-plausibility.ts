import { Problem } from '../errors/problem.js';

/** The vendor's secrets have this many characters (protocol.md section 2). */
const SECRET_LENGTH = 64;
const LETTERS_AND_DIGITS = /^[A-Za-z0-9]*$/;
/** What documents and templates write where an app id belongs. */
const APP_ID_TO_FILL_IN =
  /^(your|my|the|change|replace|enter|insert|put|todo|fixme|placeholder|example)|^(wb)?app[-_ ]?id$/i;

/**
 * Find what is odd about an app id and a secret that may be right all the same: the vendor documents their length, and
 * promises nothing. Nothing of the secret is repeated but its length.
 */
export function oddCredentials(appId: string, secret: string): { option: 'appId' | 'secret'; problem: Problem }[] {
  if (appId.length === SECRET_LENGTH && secret.length < SECRET_LENGTH) {
    const problem = new Problem(
      'is as long as a secret, and the secret is not: are the two swapped?',
      '长度和密钥一样，而密钥却不是这个长度：两者是否写反了？',
    );
    return [{ option: 'appId', problem }];
  }
  const odd: { option: 'appId' | 'secret'; problem: Problem }[] = [];
  if (APP_ID_TO_FILL_IN.test(appId)) {
    const problem = new Problem(
      'looks like a placeholder: set the app id (WBappid) that Tencent assigned',
      '像是占位文字：请填入腾讯云分配的 WBappid',
    );
    odd.push({ option: 'appId', problem });
  }
  const problem = oddSecret(secret);
  if (problem) odd.push({ option: 'secret', problem });
  return odd;
}

function oddSecret(secret: string): Problem | undefined {
  if (secret.length === SECRET_LENGTH && LETTERS_AND_DIGITS.test(secret)) return undefined;
  const decoded = Buffer.from(secret, 'base64').toString('latin1').trim();
  if (decoded.length === SECRET_LENGTH && LETTERS_AND_DIGITS.test(decoded)) {
    return new Problem(
      'looks like a secret in Base64, as Kubernetes stores it: set the decoded text',
      '像是 Base64 编码后的密钥（Kubernetes 的存放方式）：请填入解码后的文本',
    );
  }
  if (secret.length !== SECRET_LENGTH) {
    return new Problem(
      `has ${secret.length} characters, and Tencent's secrets have ${SECRET_LENGTH}: is something missing or added?`,
      `有 ${secret.length} 个字符，而腾讯云的密钥是 ${SECRET_LENGTH} 位：是否缺了或多了内容？`,
    );
  }
  return new Problem(
    "has other characters than letters and digits, which Tencent's secrets consist of: is it complete?",
    '含有字母和数字以外的字符，而腾讯云的密钥只有字母和数字：是否完整？',
  );
}
