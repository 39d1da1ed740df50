import type { ExplainCommand } from '../arguments.js';
import { readConfiguration } from '../configuration.js';
import { InputRefused } from '../limited-input.js';
import { type Language, type Text, text } from '../text.js';
import { explainSignature, type Explanation } from './explain-signature.js';
import { PURPOSE_TEXTS } from './signing-values.js';
import { type KnownTicket, ticketsOfStdin, ticketsOfStore, ticketsOfVariables } from './ticket-sources.js';

/** The answer of `sign --explain`, or why there is none. */
export type ExplainAnswer =
  | { readonly refusal: Text; readonly report?: undefined; readonly exitCode?: undefined }
  | { readonly refusal?: undefined; readonly report: string; readonly exitCode: 0 | 1 };

/** Tell which rule a signature broke. */
export async function explain(command: ExplainCommand): Promise<ExplainAnswer> {
  const { options } = readConfiguration(command.name);
  const appId = command.appId ?? options?.appId;
  if (appId === undefined) return { refusal: NO_APP_ID };
  const notes: Text[] = [];
  let tickets: KnownTicket[];
  try {
    tickets = ticketsOfVariables(process.env);
    if (command.ticketsFromStdin) tickets.push(...(await ticketsOfStdin(process.stdin)));
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    return { refusal: error.why };
  }
  if (options && options.appId !== appId) notes.push(ANOTHER_APP_ID);
  else if (options) {
    const stored = await ticketsOfStore(options);
    // What the store tells of a ticket that was handed in as well, its age, would be lost behind it.
    const isStored = ({ text: handedIn }: KnownTicket) => stored.tickets.some((one) => one.text === handedIn);
    tickets = [...tickets.filter((one) => !isStored(one)), ...stored.tickets];
    if (stored.note) notes.push(stored.note);
  }
  if (!tickets.some(({ type }) => type === 'SIGN' || type === 'NONCE')) return { refusal: noTicket(notes) };
  const { purpose, orderNo, userId, nonce, version, sign } = command;
  const explanation = explainSignature({ purpose, values: { appId, orderNo, userId, nonce, version }, sign, tickets });
  return { report: explainReport(explanation, notes, command), exitCode: explanation.fits ? 0 : 1 };
}

const NO_APP_ID = text(
  'missing: --app-id, and the environment has no right configuration to take it from',
  '缺少 --app-id，环境变量里也没有可用的配置',
);
const ANOTHER_APP_ID = text(
  'the ticket store of the environment belongs to another app id and was not looked at',
  '环境变量所配置的 ticket 存储属于另一个 app id，没有查看',
);

function noTicket(notes: readonly Text[]): Text {
  const [why = text('the environment configures no ticket store', '环境变量没有配置 ticket 存储')] = notes;
  return text(
    `no ticket to compare with: set a variable or use --tickets-from-stdin (${why.en}); --help tells more`,
    `没有可供比较的 ticket：请设置环境变量，或用 --tickets-from-stdin（${why.zh}）；用 --help 查看说明`,
  );
}

/** Print an explanation as lines, or as one JSON document. */
export function explainReport(
  explanation: Explanation,
  notes: readonly Text[],
  { purpose, json, language }: Pick<ExplainCommand, 'purpose' | 'json' | 'language'>,
): string {
  const { fits, broken, ticket } = explanation;
  const said = broken.map(({ rule, how }) => ({ rule, how: how[language] }));
  const heard = notes.map((note) => note[language]);
  if (json) {
    const exitCode = fits ? 0 : 1;
    return JSON.stringify(
      { command: 'sign', fits, exitCode, for: purpose, broken: said, ticket, notes: heard },
      undefined,
      2,
    );
  }
  const verdict = verdictOf(explanation, PURPOSE_TEXTS[purpose], language);
  return [verdict, ...said.map(({ rule, how }) => `  ${rule}: ${how}`), ...heard.map((note) => `  (${note})`)].join(
    '\n',
  );
}

function verdictOf({ fits, ticket }: Explanation, { en, zh }: Text, language: Language): string {
  if (!fits) return text(`does not fit, as a signature of ${en}`, `签名不对（${zh}）`)[language];
  const generation = ticket?.generation;
  const by =
    generation === undefined
      ? text('', '')
      : text(`, made with generation ${generation}`, `，用的是第 ${generation} 代 ticket`);
  return text(`fits, as a signature of ${en}${by.en}`, `签名正确（${zh}）${by.zh}`)[language];
}
