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
    return verdict(obtained);
  } catch (error) {
    if (!isBankCardOcrError(error)) throw error;
    return verdict(obtained, error);
  }
}

function verdict(obtained: ObtainedCredentials | undefined, error?: BankCardOcrError): CheckResult {
  const { code, actor, vendorCode, bizSeqNo } = error ?? {};
  const { credentials, fetched } = obtained ?? {};
  const generation = credentials?.generation;
  const facts = whatIsSet({ code, actor, vendorCode, bizSeqNo, generation, fetched });
  const origin = fetched ? text('fetched just now', '刚刚获取') : text('from the store', '来自存储');
  const which = obtained
    ? text(`generation ${generation}, ${origin.en}`, `第 ${generation} 代凭证，${origin.zh}`)
    : text('no credentials', '拿不到凭证');
  if (!error || (obtained && code === 'ORDER_NOT_FOUND')) {
    return result('ok', sentences(which, text('Tencent accepts them', '腾讯云接受这些凭证')), { facts });
  }
  // Credentials that are counted have been accepted.
  const status = obtained && code === 'RATE_LIMITED' ? 'warn' : 'fail';
  return result(status, sentences(which, why(error)), { facts, todo: advice(error, obtained) });
}

const WHO_ACTS: Readonly<Record<Actor, Text>> = {
  application: text('It may succeed by itself later: run this again', '稍后可能自行恢复：请再试一次'),
  developer: text('A developer has to fix configuration or request', '需要开发者修正配置或请求'),
  vendor: text('Tencent has to act: quote the bizSeqNo to its support', '需要腾讯云处理：请把 bizSeqNo 报给客服'),
  'end-user': text('The person with the card has to try again', '需要持卡人重试'),
  business: text('The business side has to see to the contract', '需要业务方处理合同'),
};

function advice({ code, actor, vendorCode }: BankCardOcrError, obtained: ObtainedCredentials | undefined): Text {
  // Tencent documents no code for a wrong secret; those seen are of these kinds.
  if (!obtained && vendorCode !== undefined && ['developer', 'application'].includes(actor)) {
    return text('Check app id and secret, and that they belong to this host', '请核对 app id、密钥和腾讯云地址');
  }
  if (!obtained || code !== 'CREDENTIALS_REJECTED') return WHO_ACTS[actor];
  return obtained.fetched
    ? text('Fresh ones are refused: check protocolVersion and appIdFields', '请检查 protocolVersion 等选项')
    : text(
        'They should live on: another program seems to refresh this app id without sharing the store (docs/fleet.md), or the secret was changed. Nothing was fetched',
        '它们本应还有效：可能有别的程序在刷新这个 app id 却不共享存储（docs/fleet.zh-CN.md），或密钥刚换过。没有获取新凭证',
      );
}

function why({ vendorCode, vendorMessage, message, messageZh, cause }: BankCardOcrError): Text {
  if (vendorCode === undefined) return text(message, isBankCardOcrError(cause) ? cause.messageZh : messageZh);
  const said = vendorMessage === undefined ? '' : ` (${vendorMessage})`;
  const { en, zh } = vendorCodeRule(vendorCode);
  return text(`Tencent returned ${vendorCode}: ${en}${said}`, `腾讯云返回 ${vendorCode}：${zh}${said}`);
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

interface ObtainedCredentials {
  readonly credentials: Credentials;
  readonly fetched: boolean;
}

/** By the ordinary rules, but fetched only when the store has nothing valid. @throws {@link BankCardOcrError} */
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
