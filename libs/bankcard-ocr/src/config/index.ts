import { registerAs } from '@nestjs/config';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';

/**
 * The configuration namespace `bankcardOcr`, read from the environment by `@nestjs/config`. Register the module with
 * `BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider())`.
 */
export const bankCardOcrConfig = registerAs('bankcardOcr', () => bankCardOcrOptionsFromEnv(process.env));
