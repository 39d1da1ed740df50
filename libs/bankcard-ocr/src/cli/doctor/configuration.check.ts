import { TicketStore } from '../../credentials/store/ticket-store.js';
import type { ConfigurationIssue, Problem } from '../../errors/configuration-error.js';
import { maskAppId } from '../../errors/redaction.js';
import { unknownVariables } from '../../options/options-from-env.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { Configuration } from '../configuration.js';
import { type Text, text } from '../text.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const finding = checkResultsOf('configuration');

/** Judge the options of the environment: everything that is wrong, at once. */
export function checkConfiguration(configuration: Configuration, name: string | undefined): CheckResult[] {
  const { options } = configuration;
  const judged = options
    ? [summary(options), ...options.warnings.map(warning)]
    : configuration.faults.map(faultFinding);
  return [...judged, ...unreadVariables(name)];
}

function summary(options: ResolvedOptions): CheckResult {
  const { appId, baseUrl, role, ticketStore, storeEncryptionKey, transport, warningPolicy, route } = options;
  const kind = ticketStore instanceof TicketStore ? 'own' : ticketStore.kind;
  const facts = {
    appId: maskAppId(appId),
    host: baseUrl.host,
    role,
    ticketStore: kind,
    sealed: storeEncryptionKey !== undefined,
    transport,
    ...(route.proxy !== undefined && { proxy: route.proxy }),
    warningPolicy: typeof warningPolicy === 'string' ? warningPolicy : 'function',
  };
  const sealed = facts.sealed ? text('encrypted', '已加密') : text('not encrypted', '未加密');
  const proxy = text(
    route.proxy === undefined
      ? 'no proxy'
      : `proxy ${route.proxy}${route.variable === undefined ? '' : ` (${route.variable})`}`,
    route.proxy === undefined
      ? '不走代理'
      : `代理 ${route.proxy}${route.variable === undefined ? '' : `（${route.variable}）`}`,
  );
  return finding(
    'ok',
    text(
      `app id ${facts.appId}, host ${facts.host}, credentials in ${kind}, role ${role}, ${sealed.en}, ` +
        `transport ${transport}, ${proxy.en}, warning policy ${facts.warningPolicy}`,
      `app id ${facts.appId}，服务商地址 ${facts.host}，凭证存放 ${kind}，角色 ${role}，${sealed.zh}，` +
        `传输方式 ${transport}，${proxy.zh}，告警策略 ${facts.warningPolicy}`,
    ),
    { facts },
  );
}

function warning({ en, zh }: Problem): CheckResult {
  return finding('warn', text(en, zh));
}

function faultFinding({ option, variable, fix, fixZh }: ConfigurationIssue): CheckResult {
  const found = text(
    `${option}${variable === undefined ? '' : ` (${variable})`} ${fix}`,
    `${option}${variable === undefined ? '' : `（${variable}）`} ${fixZh}`,
  );
  return finding('fail', found, { facts: { option, ...(variable !== undefined && { variable }) } });
}

/** A variable that is spelled wrong is not missed by anybody until its default surprises. */
function unreadVariables(name: string | undefined): CheckResult[] {
  return unknownVariables(process.env, name).map(({ variable, nearest }) => {
    return finding('warn', text(`${variable} is read by nobody here`, `${variable} 不是本模块的变量`), {
      todo: nearest === undefined ? CHECK_SPELLING : text(`Write ${nearest}`, `请写成 ${nearest}`),
      facts: { variable, ...(nearest !== undefined && { nearest }) },
    });
  });
}

const CHECK_SPELLING: Text = text('Check its spelling', '请检查拼写');

const nodeFinding = checkResultsOf('node');
/** As `engines` of the package has it. */
const OLDEST = { major: 20, minor: 19 };

/** Whether this Node.js can run the library. */
export function checkNodeVersion(version = process.versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  const oldest = `${OLDEST.major}.${OLDEST.minor}`;
  return nodeFinding(isEnough ? 'ok' : 'fail', text(version, version), {
    facts: { version },
    ...(!isEnough && { todo: text(`Use ${oldest} or newer`, `请使用 ${oldest} 或更新版本`) }),
  });
}
