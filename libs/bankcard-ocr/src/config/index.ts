import { type ConfigFactory, type ConfigFactoryKeyHost, registerAs } from '@nestjs/config';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { concealSecrets } from '../options/concealed-options.js';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';
import { checkAccountName } from '../account/account-name.js';

/**
 * The configuration namespace `bankcardOcr`, read from the environment by `@nestjs/config`. Register the module with
 * `BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider())`. The configuration service keeps what it reads, so secrets
 * are `SecretText` in it.
 */
export const bankCardOcrConfig = registerAs('bankcardOcr', () => {
  return concealSecrets(bankCardOcrOptionsFromEnv(process.env));
});

/**
 * Make the configuration namespace of a named registration, read from variables that begin with its name:
 * `LOANS_BANKCARD_OCR_APP_ID` for `loans`. Register it with
 * `BankCardOcrModule.forRootAsync({ ...bankCardOcrConfigFor('loans').asProvider(), name: 'loans' })`.
 * @param name of the registration
 * @throws a `BankCardOcrConfigurationError` when that cannot be a name
 */
export function bankCardOcrConfigFor(
  name: string,
): ConfigFactory<BankCardOcrOptions> & ConfigFactoryKeyHost<BankCardOcrOptions> {
  checkAccountName(name);
  return registerAs(`bankcardOcr.${name}`, () => concealSecrets(bankCardOcrOptionsFromEnv(process.env, name)));
}
