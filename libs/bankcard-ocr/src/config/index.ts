import { type ConfigFactory, type ConfigFactoryKeyHost, registerAs } from '@nestjs/config';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { concealSecrets } from '../options/concealed-options.js';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';
import { checkAccountName } from '../account/account-name.js';

/** The configuration namespace `bankcardOcr`, for `BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider())`. */
export const bankCardOcrConfig = registerAs('bankcardOcr', () => {
  return concealSecrets(bankCardOcrOptionsFromEnv(process.env));
});

/**
 * The namespace of a named registration, whose variables begin with its name: `LOANS_BANKCARD_OCR_APP_ID`.
 * @example
 * BankCardOcrModule.forRootAsync({ ...bankCardOcrConfigFor('loans').asProvider(), name: 'loans' });
 * @throws a `BankCardOcrConfigurationError` when that cannot be a name
 */
export function bankCardOcrConfigFor(
  name: string,
): ConfigFactory<BankCardOcrOptions> & ConfigFactoryKeyHost<BankCardOcrOptions> {
  checkAccountName(name);
  return registerAs(`bankcardOcr.${name}`, () => concealSecrets(bankCardOcrOptionsFromEnv(process.env, name)));
}
