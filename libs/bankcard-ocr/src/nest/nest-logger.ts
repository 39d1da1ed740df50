import { Logger } from '@nestjs/common';
import type { ClientContext } from '../account/create-client.js';

export function nestLog(label: string | undefined): Pick<ClientContext, 'log' | 'debugs'> {
  return { log: new Logger(label === undefined ? 'BankCardOcr' : `BankCardOcr:${label}`), debugs: debugsAreRead };
}

/** Nest 11 says no to every level until an application has named some, although it prints them all. */
const KNOWS_ITS_LEVELS = Logger.isLevelEnabled('fatal');

function debugsAreRead(): boolean {
  return Logger.isLevelEnabled('debug') || (!KNOWS_ITS_LEVELS && !Logger.isLevelEnabled('fatal'));
}
