import { type BankCardOcrClient, createClient } from '../../account/create-client.js';
import { connectToVendor } from '../../account/vendor-connections.js';
import { createOrderNo } from '../../call/order-number.js';
import type { Credentials } from '../../credentials/credentials.js';
import { TicketStore } from '../../credentials/store/ticket-store.js';
import { type BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { Actor } from '../../errors/error-codes.js';
import { sentences, text, type Text } from '../../errors/text.js';
import { vendorCodeRule } from '../../errors/vendor-codes.js';
import { whatIsSet } from '../../options/option-values.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { signedQuery } from '../../results/order-query.js';
import { SignalCancellation } from '../../runtime/abort.js';
import { SignatureService } from '../../signature/signature.service.js';
import { ResultClient } from '../../vendor/result.client.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const result = checkResultsOf('live');

/** Whether the credentials work: get some by the ordinary rules, and query one order that does not exist. */
export async function checkLive(options: ResolvedOptions, signal: AbortSignal): Promise<CheckResult> {
  let obtained: ObtainedCredentials | undefined;
  try {
    obtained = await obtainCredentials(options, signal);
    await queryOnce(options, obtained.credentials, signal);
    return accepted(obtained);
  } catch (error) {
    if (!isBankCardOcrError(error)) throw error;
    if (!obtained) return noCredentials(error);
    return error.code === 'ORDER_NOT_FOUND' ? accepted(obtained, error) : refused(error, obtained);
  }
}

/** One request, never repeated: a rejection must not make the library fetch other credentials. */
async function queryOnce(options: ResolvedOptions, credentials: Credentials, signal: AbortSignal): Promise<void> {
  const { clock, appId, appIdFields, protocolVersion: version, paths, attemptTimeoutMs } = options;
  const connections = await connectToVendor(options, () => undefined);
  try {
    const results = new ResultClient(connections.main, clock, {
      path: paths.queryResult,
      appIdField: appIdFields.queryResult,
      appId,
      version,
    });
    const query = signedQuery({ ...options, signatures: new SignatureService() }, createOrderNo(), credentials);
    const { generation } = credentials;
    const cancellation = new SignalCancellation(signal);
    await results.queryResult({ query, generation, timeoutMs: attemptTimeoutMs, cancellation, attempt: 1 }, false);
  } finally {
    await connections.close();
  }
}

const WHO_ACTS: Readonly<Record<Actor, Text>> = {
  application: text('It may succeed by itself later: run this again', '稍后可能自行恢复：请再试一次'),
  developer: text('A developer has to fix configuration or request', '需要开发者修正配置或请求'),
  vendor: text('Tencent has to act: quote the bizSeqNo to its support', '需要腾讯云处理：请把 bizSeqNo 报给客服'),
  'end-user': text('The person with the card has to try again', '需要持卡人重试'),
  business: text('The business side has to see to the contract', '需要业务方处理合同'),
};

function noCredentials(error: BankCardOcrError): CheckResult {
  // Tencent documents no code for a wrong secret; those seen are of these kinds.
  const suspectsSecret = error.vendorCode !== undefined && ['developer', 'application'].includes(error.actor);
  const checkSecret = text(
    'Check app id and secret, and that they belong to this host',
    '请核对 app id、密钥和腾讯云地址',
  );
  const todo = suspectsSecret ? checkSecret : WHO_ACTS[error.actor];
  return result('fail', sentences(text('no credentials', '拿不到凭证'), why(error)), { todo, facts: factsOf(error) });
}

/** @param error the one to expect of an order that does not exist */
function accepted(obtained: ObtainedCredentials, error?: BankCardOcrError): CheckResult {
  const found = sentences(describe(obtained), text('Tencent accepts them', '腾讯云接受这些凭证'));
  return result('ok', found, { facts: factsOf(error, obtained) });
}

function refused(error: BankCardOcrError, obtained: ObtainedCredentials): CheckResult {
  // Credentials that are counted have been accepted.
  const status = error.code === 'RATE_LIMITED' ? 'warn' : 'fail';
  const todo = error.code === 'CREDENTIALS_REJECTED' ? rejectionAdvice(obtained) : WHO_ACTS[error.actor];
  return result(status, sentences(describe(obtained), why(error)), { todo, facts: factsOf(error, obtained) });
}

function describe({ credentials: { generation }, fetched }: ObtainedCredentials): Text {
  const origin = fetched ? text('fetched just now', '刚刚获取') : text('from the store', '来自存储');
  return text(`generation ${generation}, ${origin.en}`, `第 ${generation} 代凭证，${origin.zh}`);
}

function rejectionAdvice({ fetched }: ObtainedCredentials): Text {
  if (fetched)
    return text('Fresh ones are refused: check protocolVersion and appIdFields', '请检查 protocolVersion 等选项');
  return text(
    'They should live on: another program seems to refresh this app id without sharing the store (docs/fleet.md), or the secret was changed. Nothing was fetched',
    '它们本应还有效：可能有别的程序在刷新这个 app id 却不共享存储（docs/fleet.zh-CN.md），或密钥刚换过。没有获取新凭证',
  );
}

/** What Tencent said, in the words of the table of codes, else what the library says. */
function why({ vendorCode, vendorMessage, message, messageZh, cause }: BankCardOcrError): Text {
  if (vendorCode === undefined) return text(message, isBankCardOcrError(cause) ? cause.messageZh : messageZh);
  const said = vendorMessage === undefined ? '' : ` (${vendorMessage})`;
  const { en, zh } = vendorCodeRule(vendorCode);
  return text(`Tencent returned ${vendorCode}: ${en}${said}`, `腾讯云返回 ${vendorCode}：${zh}${said}`);
}

function factsOf(error: BankCardOcrError | undefined, obtained?: ObtainedCredentials): CheckResult['facts'] {
  const { code, actor, vendorCode, bizSeqNo } = error ?? {};
  const facts = { code, actor, vendorCode, bizSeqNo };
  const { credentials, fetched } = obtained ?? {};
  return whatIsSet({ ...facts, generation: credentials?.generation, fetched });
}

/** Credentials to try, and where they came from. */
interface ObtainedCredentials {
  readonly credentials: Credentials;
  /** Fetched just now; else they stood in the store. */
  readonly fetched: boolean;
}

/**
 * Get credentials by the ordinary rules, but fetch only when the store has nothing valid: a refresh that is due is left
 * to the refreshers.
 *
 * @throws {@link BankCardOcrError} `NO_VALID_TICKET`
 */
async function obtainCredentials(options: ResolvedOptions, signal: AbortSignal): Promise<ObtainedCredentials> {
  const { ticketStore } = options;
  if (ticketStore instanceof TicketStore || ticketStore.kind !== 'memory') {
    const stored = await withClient({ ...options, role: 'reader' }, async ({ tickets }) => {
      await tickets.reload();
      return tickets.peek();
    });
    if (stored) return { credentials: stored, fetched: false };
  }
  const credentials = await withClient(options, ({ tickets }) => tickets.getCredentials(signal));
  return { credentials, fetched: options.role !== 'reader' };
}

async function withClient<T>(options: ResolvedOptions, use: (client: BankCardOcrClient) => Promise<T>): Promise<T> {
  const ignore = (): void => undefined;
  const log = { debug: ignore, log: ignore, warn: ignore, error: ignore };
  const client = await createClient({ ...options, backgroundRefresh: false }, { log, debugs: () => false });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
