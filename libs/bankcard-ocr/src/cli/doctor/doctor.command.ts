import { createTicketStore } from '../../account/create-ticket-store.js';
import { type StoreContent } from '../../credentials/store/store-inspection.js';
import { TicketStore } from '../../credentials/store/ticket-store.js';
import { BankCardOcrConfigurationError, type ConfigurationIssue } from '../../errors/configuration-error.js';
import { maskAppId } from '../../errors/redaction.js';
import { type Text, text, withVariable } from '../../errors/text.js';
import { unknownVariable, unknownVariables } from '../../options/options-from-env.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { FLAG, readFlags, refusal } from '../arguments.js';
import { readConfiguration } from '../configuration.js';
import { checkArchive } from './archive.check.js';
import { type CheckName, type CheckResult, checkResultsOf, runCheck } from './check-result.js';
import { checkConnections } from './connection.check.js';
import { checkCredentials, checkRefreshers } from './credentials.check.js';
import { checkLive } from './live.check.js';

/** Milliseconds. What `--live` fetches must not be cut off: the response would be lost. */
const LIMITS = { connection: 15_000, store: 20_000, archive: 60_000, live: 40_000 } as const;

type DoctorCommand = ReturnType<typeof readDoctorArguments>;

/** @throws `InputRefused` */
export function readDoctorArguments(args: string[]) {
  const { common, flags } = readFlags(args, { live: FLAG, fetch: FLAG });
  const { live = false, fetch = false } = flags;
  if (fetch && !live) throw refusal('--fetch goes with --live', '--fetch 要和 --live 一起用');
  return { kind: 'doctor' as const, ...common, live, fetch };
}

export async function runDoctor(command: DoctorCommand): Promise<CheckResult[]> {
  const configuration = readConfiguration(command.name);
  const results = [...checkConfiguration(configuration, command.name), checkNodeVersion()];
  const { options } = configuration;
  if (!options) {
    const others = ['connection', 'clock', 'store', 'credentials', 'refreshers', 'live'] as const;
    return [...results, ...skipped(others, text('needs a valid configuration', '需要先改正配置'))];
  }
  results.push(...(await runCheck('connection', LIMITS.connection, () => checkConnections(options))));
  results.push(...(await checkStore(options)));
  results.push(...(await runCheck('archive', LIMITS.archive, async () => checkArchive(command.name))));
  const obstacle = obstacleToLive(command, results);
  if (obstacle) return [...results, ...skipped(['live'], obstacle)];
  return [...results, ...(await runCheck('live', LIMITS.live, async (signal) => [await checkLive(options, signal)]))];
}

function skipped(checks: readonly CheckName[], found: Text): CheckResult[] {
  return checks.map((check) => checkResultsOf(check)('skipped', found));
}

const configurationResult = checkResultsOf('configuration');

export function checkConfiguration(
  { options, faults }: ReturnType<typeof readConfiguration>,
  name: string | undefined,
): CheckResult[] {
  const warnings = options?.warnings.map((problem) => configurationResult('warn', problem)) ?? [];
  // A variable that is spelled wrong is missed only when its default surprises.
  const misspelled = unknownVariables(process.env, name).map((variable) => {
    return configurationResult('warn', unknownVariable(variable), { facts: { variable } });
  });
  const found = options ? [summary(options)] : faults.map((issue) => issueResult('configuration', issue));
  return [...found, ...warnings, ...misspelled];
}

function summary(options: ResolvedOptions): CheckResult {
  const { appId, baseUrl, role, ticketStore, storeEncryptionKey, transport, warningPolicy, route } = options;
  const facts = {
    appId: maskAppId(appId),
    host: baseUrl.host,
    role,
    ticketStore: ticketStore instanceof TicketStore ? 'own' : ticketStore.kind,
    sealed: storeEncryptionKey !== undefined,
    transport,
    ...(route.proxy !== undefined && { proxy: route.proxy }),
    warningPolicy: typeof warningPolicy === 'string' ? warningPolicy : 'function',
  };
  const sealed = facts.sealed ? text('encrypted', '已加密') : text('not encrypted', '未加密');
  const found = text(
    `app id ${facts.appId}, host ${facts.host}, credentials in ${facts.ticketStore}, role ${role}, ${sealed.en}, ` +
      `transport ${transport}, ${route.en}, warning policy ${facts.warningPolicy}`,
    `app id ${facts.appId}，腾讯云地址 ${facts.host}，凭证存放 ${facts.ticketStore}，角色 ${role}，${sealed.zh}，` +
      `传输方式 ${transport}，${route.zh}，告警策略 ${facts.warningPolicy}`,
  );
  return configurationResult('ok', found, { facts });
}

function issueResult(check: CheckName, { option, variable, fix, fixZh }: ConfigurationIssue): CheckResult {
  const { en, zh } = withVariable(option, variable);
  return checkResultsOf(check)('fail', text(`${en} ${fix}`, `${zh} ${fixZh}`), {
    facts: { option, ...(variable !== undefined && { variable }) },
  });
}

/** Whether this Node.js can run the library: as `engines` of the package has it. */
export function checkNodeVersion(version = process.versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const found = text(version, version);
  if (major > 20 || (major === 20 && minor >= 19)) return checkResultsOf('node')('ok', found, { facts: { version } });
  const todo = text('Use 20.19 or newer', '请使用 20.19 或更新版本');
  return checkResultsOf('node')('fail', found, { facts: { version }, todo });
}

async function checkStore(options: ResolvedOptions): Promise<CheckResult[]> {
  let store: TicketStore;
  try {
    store = await createTicketStore(options);
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError)) throw error;
    const issues = error.issues.map((issue) => issueResult('store', issue));
    return [...issues, ...skipped(['credentials', 'refreshers'], UNSEEN)];
  }
  try {
    let content: StoreContent = { kind: 'unreadable', code: 'TIMEOUT' };
    const results = await runCheck('store', LIMITS.store, async () => {
      const inspection = await store.inspect(options.role === 'reader' ? 'read' : 'write');
      content = inspection.content;
      return inspection.findings.map((finding) => ({ check: 'store', ...finding }));
    });
    if (store.scope === 'process') return [...results, ...skipped(['credentials', 'refreshers'], UNSEEN)];
    return [...results, ...checkCredentials(content, options), ...checkRefreshers(content, options)];
  } finally {
    await store.close();
  }
}

const UNSEEN = text('this process cannot inspect the store', '当前进程看不到这处存储');

function obstacleToLive({ live, fetch }: DoctorCommand, before: readonly CheckResult[]): Text | undefined {
  const has = (test: (result: CheckResult) => boolean): boolean => before.some(test);
  if (!live)
    return text(
      'say --live to try the credentials; nothing secret was sent',
      '加 --live 才会试用凭证；没有发送任何机密',
    );
  if (has(({ status }) => status === 'fail')) return text('fix the failed checks first', '请先解决上面失败的检查');
  if (has(({ facts }) => facts?.['problem'] === 'another-user')) {
    return text('run this as the user of the application', '请用应用的用户运行');
  }
  if (fetch || !has(({ check, facts }) => check === 'store' && facts?.['kind'] === 'memory')) return undefined;
  return text(
    'with memory: credentials have to be fetched, which ends those of a running process a minute later. Stop it, then say --live --fetch',
    'memory: 只能重新获取凭证，这会让正在运行的进程的凭证一分钟后作废。请先停掉它，再用 --live --fetch',
  );
}
