import type { ConfigurationFault } from '../../errors/configuration-error.js';
import { maskAppId } from '../../errors/redaction.js';
import { OPTION_VARIABLES, variableOf } from '../../options/options-from-env.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { TicketStore } from '../../credentials/store/ticket-store.js';
import type { Configuration } from '../configuration.js';
import { EXPLAIN_NONCE_TICKET, EXPLAIN_TICKET } from '../sign/explain-variables.js';
import { text } from '../text.js';
import { type Finding, findingsOf } from './finding.js';

const finding = findingsOf('configuration');

/** Judge the options of the environment: everything that is wrong, at once. */
export function checkConfiguration(configuration: Configuration, name: string | undefined): Finding[] {
  const { options } = configuration;
  const judged = options
    ? [summary(options), ...options.warnings.map(warning)]
    : configuration.faults.map(faultFinding);
  return [...judged, ...unreadVariables(name)];
}

function summary(options: ResolvedOptions): Finding {
  const { appId, baseUrl, role, ticketStore, storeKey } = options;
  const kind = ticketStore instanceof TicketStore ? 'own' : ticketStore.kind;
  const facts = {
    appId: maskAppId(appId),
    host: baseUrl.host,
    role,
    ticketStore: kind,
    sealed: storeKey !== undefined,
  };
  return finding(
    'ok',
    text(
      `app id ${facts.appId}, host ${facts.host}, credentials in ${kind}, role ${role}`,
      `app id ${facts.appId}，服务商地址 ${facts.host}，凭证存放 ${kind}，角色 ${role}`,
    ),
    { facts },
  );
}

function warning(line: string): Finding {
  return finding('warn', text(line, line));
}

function faultFinding({ option, variable, fix }: ConfigurationFault): Finding {
  const found = `${option}${variable === undefined ? '' : ` (${variable})`} ${fix}`;
  return finding('fail', text(found, found), { facts: { option, ...(variable !== undefined && { variable }) } });
}

/** A variable that is spelled wrong is not missed by anybody until its default surprises. */
function unreadVariables(name: string | undefined): Finding[] {
  const prefix = variableOf('appId', name)?.replace(/APP_ID$/, '') ?? '';
  const read = new Set([
    ...Object.keys(OPTION_VARIABLES).map((option) => variableOf(option, name)),
    EXPLAIN_TICKET,
    EXPLAIN_NONCE_TICKET,
  ]);
  const unread = Object.keys(process.env).filter((variable) => {
    return variable.startsWith(prefix) && !read.has(variable) && /^[A-Z0-9_]{1,64}$/.test(variable);
  });
  return unread.map((variable) => {
    return finding('warn', text(`${variable} is read by nobody here`, `${variable} 不是本模块的变量`), {
      todo: text('Check its spelling', '请检查拼写'),
      facts: { variable },
    });
  });
}
