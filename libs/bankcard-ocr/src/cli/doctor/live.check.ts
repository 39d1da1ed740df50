import { type BankCardOcrClient, createClient } from '../../account/create-client.js';
import { createOrderNo } from '../../call/order-number.js';
import { TicketStore } from '../../credentials/store/ticket-store.js';
import { type BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { Actor } from '../../errors/error-codes.js';
import { sentences, text, type Text } from '../../errors/text.js';
import { VENDOR_CODES, vendorCodeRule } from '../../errors/vendor-codes.js';
import { whatIsSet } from '../../options/option-values.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const result = checkResultsOf('live');

const REJECTIONS = Object.keys(VENDOR_CODES).filter((code) => vendorCodeRule(code, {}).retry === 'refresh-credentials');

/** A rejection must not make the library send again, or fetch other credentials. */
const SENT_ONCE = {
  maxAttempts: 1,
  vendorCodeOverrides: Object.fromEntries(REJECTIONS.map((code) => [code, { retry: 'never' as const }])),
  backgroundRefresh: false,
};

/** Whether the credentials work: get some by the ordinary rules, and query one order that does not exist. */
export async function checkLive(options: ResolvedOptions, signal: AbortSignal): Promise<CheckResult> {
  const { ticketStore } = options;
  const isShared = ticketStore instanceof TicketStore || ticketStore.kind !== 'memory';
  // Fetched only when the store has nothing valid.
  const ofStore = isShared && (await tryCredentials({ ...options, role: 'reader' }, signal, false));
  return ofStore || (await tryCredentials(options, signal, true))!;
}

/** @param mayFetch false: undefined when the store has nothing valid */
async function tryCredentials(
  options: ResolvedOptions,
  signal: AbortSignal,
  mayFetch: boolean,
): Promise<CheckResult | undefined> {
  const ignore = (): void => undefined;
  const log = { debug: ignore, log: ignore, warn: ignore, error: ignore };
  let client: BankCardOcrClient | undefined;
  let obtained: ObtainedCredentials | undefined;
  try {
    client = await createClient({ ...options, ...SENT_ONCE }, { log, debugs: () => false });
    const { tickets, results } = client;
    if (!mayFetch) await tickets.reload();
    if (!mayFetch && !tickets.peek()) return undefined;
    const { generation } = await tickets.getCredentials(signal);
    obtained = { generation, fetched: mayFetch && options.role !== 'reader' };
    await results.query(createOrderNo(), { signal });
    return verdict(obtained);
  } catch (error) {
    if (!isBankCardOcrError(error)) throw error;
    return verdict(obtained, error);
  } finally {
    await client?.close();
  }
}

interface ObtainedCredentials {
  readonly generation: number;
  readonly fetched: boolean;
}

function verdict(obtained?: ObtainedCredentials, error?: BankCardOcrError): CheckResult {
  const { code, actor, vendorCode, bizSeqNo } = error ?? {};
  const facts = whatIsSet({ code, actor, vendorCode, bizSeqNo, ...obtained });
  const origin = obtained?.fetched ? text('fetched just now', '刚刚获取') : text('from the store', '来自存储');
  const which = obtained
    ? text(`generation ${obtained.generation}, ${origin.en}`, `第 ${obtained.generation} 代凭证，${origin.zh}`)
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
