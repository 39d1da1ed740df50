import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { DoctorCommand } from '../arguments.js';
import { readConfiguration } from '../configuration.js';
import type { StoreInspection, StoreProbe } from '../store/store-probe.js';
import { type Text, text } from '../text.js';
import { checkClock } from './clock.check.js';
import { checkConfiguration, checkNodeVersion } from './configuration.check.js';
import { checkConnection, checkNames } from './connection.check.js';
import { checkCredentials } from './credentials.check.js';
import { type CheckName, type CheckResult, checkResultsOf, runCheck } from './check-result.js';
import { checkRefreshers } from './refreshers.check.js';
import { beginVisit } from './store.check.js';
import { routesOf } from './route.js';

const WITHOUT_CONFIGURATION: readonly CheckName[] = [
  ...(['dns', 'connection', 'clock', 'store', 'credentials', 'refreshers', 'live'] as const),
];
/** Time limits in milliseconds. Whatever `--live` fetches must not be cut off: its answer would be lost. */
const LIMITS = { dns: 5_000, connection: 10_000, clock: 10_000, store: 20_000, look: 5_000, live: 40_000 } as const;

/** Make all checks, in order; what the first ones find decides what can be asked of the later ones. */
export async function examine(command: DoctorCommand): Promise<CheckResult[]> {
  const configuration = readConfiguration(command.name);
  const findings = [...checkConfiguration(configuration, command.name), checkNodeVersion()];
  const { options } = configuration;
  if (!options) return [...findings, ...WITHOUT_CONFIGURATION.map(skippedWithoutConfiguration)];

  const ways = routesOf(options);
  findings.push(...(await runCheck('dns', LIMITS.dns, () => checkNames(ways))));
  findings.push(...(await runCheck('connection', LIMITS.connection, () => Promise.all(ways.map(checkConnection)))));
  findings.push(...(await runCheck('clock', LIMITS.clock, async (signal) => [await checkClock(ways[0], signal)])));
  findings.push(...(await checkStore(options)));
  findings.push(...(await live(command, options, findings)));
  return findings;
}

async function checkStore(options: ResolvedOptions): Promise<CheckResult[]> {
  const visit = await beginVisit(options);
  if ('status' in visit) {
    const unseen = text('nobody can look into this store', '看不到这处存储');
    return [visit, checkResultsOf('credentials')('skipped', unseen), checkResultsOf('refreshers')('skipped', unseen)];
  }
  try {
    const access = await runCheck('store', LIMITS.store, () => visit.tryAccess());
    return [...access, ...(await checkContent(visit, options))];
  } finally {
    await visit.close();
  }
}

async function checkContent(visit: StoreProbe, options: ResolvedOptions): Promise<CheckResult[]> {
  let look: StoreInspection = { kind: 'unreadable', code: 'TIMEOUT' };
  const credentials = await runCheck('credentials', LIMITS.look, async () => {
    look = await visit.look();
    return checkCredentials(look, options);
  });
  return [...credentials, ...(await runCheck('refreshers', LIMITS.look, async () => checkRefreshers(look, options)))];
}

async function live(
  command: DoctorCommand,
  options: ResolvedOptions,
  before: readonly CheckResult[],
): Promise<readonly CheckResult[]> {
  const obstacle = obstacleTo(command, before);
  if (obstacle) return [checkResultsOf('live')('skipped', obstacle)];
  // Not loaded unless it is asked for: it brings all of the library.
  const { checkLive } = await import('./live.check.js');
  return runCheck('live', LIMITS.live, async (signal) => [await checkLive(options, signal)]);
}

/** Why credentials are not tried: fetching them on shaky ground would end those of others. */
function obstacleTo({ live: isWanted, fetch }: DoctorCommand, before: readonly CheckResult[]): Text | undefined {
  if (!isWanted) {
    return text(
      'say --live to try the credentials; nothing secret was sent',
      '加 --live 才会试用凭证；没有发送任何机密',
    );
  }
  if (before.some(({ status }) => status === 'fail')) {
    return text('mend first what has failed', '请先解决上面失败的检查');
  }
  if (before.some(({ facts }) => facts?.['anotherUser'] === true)) {
    return text('run this as the user of the application', '请用应用的用户运行');
  }
  if (!fetch && before.some(({ check, facts }) => check === 'store' && facts?.['kind'] === 'memory')) {
    return text(
      'with memory: credentials have to be fetched, which ends those of a running process a minute later. Stop it, then say --live --fetch',
      'memory: 只能重新获取凭证，这会让正在运行的进程的凭证一分钟后作废。请先停掉它，再用 --live --fetch',
    );
  }
  return undefined;
}

function skippedWithoutConfiguration(check: CheckName): CheckResult {
  return checkResultsOf(check)('skipped', text('needs a right configuration', '需要先改正配置'));
}
