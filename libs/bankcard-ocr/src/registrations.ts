import type { ModulesContainer } from '@nestjs/core';
import { BankCardOcrConfigurationError } from './errors/configuration-error.js';
import { maskAppId } from './errors/redaction.js';

/** By application, because one process may run several (tests do). */
const APP_IDS = new WeakMap<ModulesContainer, Set<string>>();

/**
 * Refuse a second registration of an app id in one application: two refreshers for one app id end each other's tickets.
 *
 * @throws {@link BankCardOcrConfigurationError}
 */
export function registerAppId(application: ModulesContainer, appId: string): void {
  const appIds = APP_IDS.get(application) ?? new Set();
  APP_IDS.set(application, appIds);
  if (appIds.has(appId)) {
    throw new BankCardOcrConfigurationError([
      {
        option: 'appId',
        fix:
          `BankCardOcrModule is registered twice for app id ${maskAppId(appId)}, and the two would end each other's ` +
          'tickets. Call forRoot() or forRootAsync() once, in the root module, with isGlobal: true; or keep what the ' +
          'call returns in a constant and import that constant wherever it is needed',
      },
    ]);
  }
  appIds.add(appId);
}
