import type { ResolvedOptions } from '../../options/resolve-options.js';
import { IoredisMissing } from '../../redis/load-ioredis.js';
import { openStoreProbe } from '../store/open-store-probe.js';
import type { StoreProbe } from '../store/store-probe.js';
import { text } from '../text.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const finding = checkResultsOf('store');

/** Begin to look at the store; or why that cannot be done. */
export async function beginVisit(options: ResolvedOptions): Promise<StoreProbe | CheckResult> {
  try {
    return (await openStoreProbe(options)) ?? memoryFinding();
  } catch (error) {
    if (!(error instanceof IoredisMissing)) throw error;
    return finding('fail', text('the package that talks to Redis is missing', '缺少访问 Redis 的包'), {
      todo: text('npm install ioredis', '请执行 npm install ioredis'),
    });
  }
}

function memoryFinding(): CheckResult {
  return finding('skipped', text('memory: is seen by its own process only', 'memory: 只有它自己的进程看得到'), {
    facts: { kind: 'memory' },
    todo: text(
      'Right for exactly one process; a second one of the same app id ends the credentials of the first',
      '只适合唯一的一个进程；同一 app id 的第二个进程会让第一个的凭证作废',
    ),
  });
}
