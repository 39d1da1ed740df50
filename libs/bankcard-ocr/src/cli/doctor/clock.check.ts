import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Connector } from '../../vendor/http/connector.js';
import { createAgents } from '../../vendor/http/agents.js';
import { duration, text } from '../text.js';
import { type CheckResult, checkResultsOf, nameOf } from './check-result.js';
import type { Route } from './route.js';

const finding = checkResultsOf('clock');
const NOTICED_MS = 30_000;
const TOO_FAR_MS = 300_000;

/** Compare the clock of this machine with the vendor's, by the header `Date` of an answer to a bare `HEAD /`. */
export async function checkClock(way: Route, signal: AbortSignal): Promise<CheckResult> {
  const askedAtMs = Date.now();
  let headers: IncomingHttpHeaders;
  try {
    headers = await headersOf(way, signal);
  } catch (error) {
    const code = nameOf(error);
    return finding(
      'warn',
      text(`not known: the vendor's host does not answer (${code})`, `无法得知：服务商没有应答（${code}）`),
    );
  }
  const offsetMs = clockOffsetMs({ askedAtMs, answeredAtMs: Date.now() }, headers.date, headers.age);
  if (offsetMs === undefined) {
    return finding('warn', text('not known: the answer has no date', '无法得知：应答里没有 Date'));
  }
  return judgeOffset(Math.round(offsetMs));
}

function judgeOffset(offsetMs: number): CheckResult {
  const distance = Math.abs(offsetMs);
  const { en, zh } = duration(distance);
  const found =
    offsetMs > 0
      ? text(`${en} ahead of the vendor's`, `比服务商快 ${zh}`)
      : text(`${en} behind the vendor's`, `比服务商慢 ${zh}`);
  if (distance <= NOTICED_MS) return finding('ok', found, { facts: { offsetMs } });
  return finding(distance > TOO_FAR_MS ? 'fail' : 'warn', found, {
    facts: { offsetMs },
    todo: text(
      'Set it by NTP: the age of stored tickets, launches of the phone SDK, the retention of results and certificates are judged by it',
      '请用 NTP 校时：已存 ticket 的寿命、手机 SDK 的启动参数、结果保留期和证书有效期都按时钟判断',
    ),
  });
}

function headersOf({ destination, connection }: Route, signal: AbortSignal): Promise<IncomingHttpHeaders> {
  const { hostname, port, secure } = destination;
  const connector = new Connector(connection);
  const { httpAgent, httpsAgent } = createAgents(connector, {});
  return new Promise<IncomingHttpHeaders>((resolve, reject) => {
    const options = { hostname, port, method: 'HEAD', path: '/', signal };
    const request = secure
      ? httpsRequest({ ...options, agent: httpsAgent })
      : httpRequest({ ...options, agent: httpAgent });
    request.on('error', reject).on('response', (response) => {
      resolve(response.headers);
      response.destroy();
    });
    request.end();
  }).finally(() => connector.close());
}

/** When a question left and when its answer came, by the clock of this machine, in epoch milliseconds. */
interface AskedAndAnswered {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** `Date` has whole seconds: on average it is half of one late. */
const HALF_A_SECOND_MS = 500;

/**
 * By how much the clock of this machine is ahead of the one that wrote a header `Date`.
 *
 * @param age the header `Age` of an answer that a cache had kept, in seconds
 * @returns milliseconds, uncertain by half a second and half the time that the answer took; undefined without a date
 */
export function clockOffsetMs(
  { askedAtMs, answeredAtMs }: AskedAndAnswered,
  date: string | undefined,
  age?: string,
): number | undefined {
  const toldMs = Date.parse(date ?? '');
  if (Number.isNaN(toldMs)) return undefined;
  const keptMs = /^\d{1,9}$/.test(age ?? '') ? Number(age) * 1_000 : 0;
  return (askedAtMs + answeredAtMs) / 2 - (toldMs + keptMs + HALF_A_SECOND_MS);
}
