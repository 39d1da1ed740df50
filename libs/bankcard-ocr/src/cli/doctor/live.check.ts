import type { BankCardOcrClient } from '../../account/bank-card-ocr-client.js';
import { createClient } from '../../account/create-client.js';
import { connectToVendor } from '../../account/vendor-connections.js';
import { createOrderNo } from '../../call/order-number.js';
import type { Credentials } from '../../credentials/credentials.js';
import { TicketStore } from '../../credentials/store/ticket-store.js';
import { BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { Actor } from '../../errors/error-codes.js';
import { vendorCodeRule } from '../../errors/vendor-codes.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { signedQuery } from '../../results/order-query.js';
import { SignalCancellation } from '../../runtime/abort.js';
import { SignatureService } from '../../signature/signature.service.js';
import type { LogSink } from '../../telemetry/log.js';
import { loadUndiciTransport } from '../../vendor/http/load-undici.js';
import { ResultClient } from '../../vendor/result.client.js';
import { sentences, text, type Text } from '../text.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const finding = checkResultsOf('live');

/** Whether the credentials work: get some by the ordinary rules, and query one order that does not exist. */
export async function checkLive(given: ResolvedOptions, signal: AbortSignal): Promise<CheckResult> {
  // The other transport has the same connections below it, and takes longer to load than all this.
  const options = await loadUndiciTransport().then(
    (): ResolvedOptions => ({ ...given, transport: 'undici', httpService: undefined }),
    () => given,
  );
  let obtained: ObtainedCredentials;
  try {
    obtained = await obtainCredentials(options, signal);
  } catch (error) {
    return judgeCredentialFailure(ours(error));
  }
  const { generation } = obtained.credentials;
  const facts = { generation, fetched: obtained.fetched };
  try {
    await queryOnce(options, obtained, signal);
  } catch (error) {
    return judgeQueryFailure(ours(error), obtained);
  }
  return finding('ok', text(`generation ${generation} is accepted`, `第 ${generation} 代凭证有效`), { facts });
}

/** One request, never repeated: a rejection must not make the library fetch other credentials. */
async function queryOnce(
  options: ResolvedOptions,
  { credentials }: ObtainedCredentials,
  signal: AbortSignal,
): Promise<void> {
  const { clock, appId, appIdParameter, protocolVersion: version, baseUrl, paths, attemptTimeoutMs } = options;
  const connections = await connectToVendor(options, () => undefined);
  try {
    const path = baseUrl.prefix + paths.queryResult;
    const results = new ResultClient(connections.main, clock, { path, appIdParameter, appId, version });
    const query = signedQuery(
      { appId, protocolVersion: version, signatures: new SignatureService() },
      createOrderNo(),
      credentials,
    );
    const { generation } = credentials;
    const cancellation = new SignalCancellation(signal);
    await results.queryResult({ query, generation, timeoutMs: attemptTimeoutMs, cancellation, attempt: 1 }, false);
  } finally {
    await connections.close();
  }
}

function ours(error: unknown): BankCardOcrError {
  if (isBankCardOcrError(error)) return error;
  throw error;
}

const WHO_ACTS: Readonly<Record<Actor, Text>> = {
  application: text('It may succeed by itself later: run this again', '稍后可能自行恢复：请再试一次'),
  developer: text('A developer has to mend configuration or request', '需要开发者修正配置或请求'),
  vendor: text('The vendor has to act: quote the bizSeqNo to its support', '需要服务商处理：请把 bizSeqNo 报给客服'),
  'end-user': text('The person with the card has to try again', '需要持卡人重试'),
  business: text('The business side has to see to the contract', '需要业务方处理合同'),
};

/** No credentials could be had. */
export function judgeCredentialFailure(error: BankCardOcrError): CheckResult {
  const { vendorCode } = error;
  // The vendor documents no code for a wrong secret; those seen are of these kinds.
  const suspectsSecret = vendorCode !== undefined && ['developer', 'application'].includes(error.actor);
  const todo = suspectsSecret
    ? text(
        'Check app id and secret, and that they belong to this host',
        '请核对 app id 和密钥，并确认它们属于这个服务商地址',
      )
    : WHO_ACTS[error.actor];
  return finding('fail', sentences(text('no credentials', '拿不到凭证'), told(error)), { todo, facts: factsOf(error) });
}

/** The query of an order that does not exist has failed, as it should; the code tells whether for the right reason. */
export function judgeQueryFailure(error: BankCardOcrError, { credentials, fetched }: ObtainedCredentials): CheckResult {
  const { generation } = credentials;
  const facts = { ...factsOf(error), generation, fetched };
  const origin = fetched ? text('fetched just now', '刚刚获取') : text('from the store', '来自存储');
  if (error.code === 'ORDER_NOT_FOUND') {
    const found = text(
      `generation ${generation}, ${origin.en}, is accepted (${error.vendorCode ?? ''}: no such order, as expected)`,
      `第 ${generation} 代凭证（${origin.zh}）有效（${error.vendorCode ?? ''}：查无此订单，符合预期）`,
    );
    return finding('ok', found, { facts });
  }
  const found = sentences(
    text(`generation ${generation}, ${origin.en}`, `第 ${generation} 代凭证，${origin.zh}`),
    told(error),
  );
  if (error.code === 'CREDENTIALS_REJECTED') return finding('fail', found, { facts, todo: rejectionAdvice(fetched) });
  // Credentials that are counted have been accepted.
  const status = error.code === 'RATE_LIMITED' ? 'warn' : 'fail';
  return finding(status, found, { facts, todo: WHO_ACTS[error.actor] });
}

function rejectionAdvice(fetched: boolean): Text {
  if (fetched) {
    return text(
      'Fresh credentials are refused: version or app id parameter of this host may differ (docs/protocol.md, section 2)',
      '刚获取的凭证也被拒：这个地址的 version 或 app id 参数名可能不同（docs/protocol.md 第 2 节）',
    );
  }
  return text(
    'They should live on: another program seems to refresh this app id without sharing the store (docs/fleet.md), or the secret was changed. Nothing was fetched',
    '它们本应还有效：可能有别的程序在刷新这个 app id 却不共享存储（docs/fleet.zh-CN.md），或密钥刚换过。没有获取新凭证',
  );
}

/** What the vendor said, in the words of the table of codes, else what the library says. */
function told({ vendorCode, vendorMessage, message, messageZh, cause }: BankCardOcrError): Text {
  const said = vendorMessage === undefined ? '' : ` (${vendorMessage})`;
  if (vendorCode === undefined) {
    const reason = cause instanceof Error && 'messageZh' in cause ? String(cause.messageZh) : messageZh;
    return text(message, reason);
  }
  const { en, zh } = vendorCodeRule(vendorCode);
  return text(`the vendor answered ${vendorCode}: ${en}${said}`, `服务商返回 ${vendorCode}：${zh}${said}`);
}

function factsOf({ code, vendorCode, bizSeqNo, actor }: BankCardOcrError): Record<string, string> {
  return { code, actor, ...(vendorCode !== undefined && { vendorCode }), ...(bizSeqNo !== undefined && { bizSeqNo }) };
}

/** Credentials to try, and where they came from. */
export interface ObtainedCredentials {
  readonly credentials: Credentials;
  /** Fetched just now; else they stood in the store. */
  readonly fetched: boolean;
}

const ignore = (): void => undefined;
const SILENCE: LogSink = { debug: ignore, log: ignore, warn: ignore, error: ignore };

/**
 * Get credentials by the ordinary rules, but fetch only when the store has nothing valid: what is due is left to whoever
 * refreshes, and without the store nothing is fetched, whatever the options say.
 *
 * @throws {@link BankCardOcrError} `NO_VALID_TICKET`
 */
export async function obtainCredentials(options: ResolvedOptions, signal: AbortSignal): Promise<ObtainedCredentials> {
  const stored = isOfThisProcess(options)
    ? undefined
    : await withClient({ ...options, role: 'reader' }, async ({ tickets }) => {
        await tickets.reload();
        return tickets.peek();
      });
  if (stored) return { credentials: stored, fetched: false };
  return withClient(options, async ({ tickets }) => {
    let fetched = false;
    tickets.events$.subscribe((event) => {
      if (event.type === 'credentials-updated') fetched = event.source === 'refresh';
    });
    const credentials = await tickets.getCredentials(signal);
    return { credentials, fetched };
  });
}

async function withClient<T>(options: ResolvedOptions, use: (client: BankCardOcrClient) => Promise<T>): Promise<T> {
  const quiet: ResolvedOptions = { ...options, backgroundRefresh: false };
  const client = await createClient(quiet, { log: SILENCE, debugs: () => false });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

function isOfThisProcess({ ticketStore }: ResolvedOptions): boolean {
  return !(ticketStore instanceof TicketStore) && ticketStore.kind === 'memory';
}
