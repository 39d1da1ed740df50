import type { Clock } from '../../runtime/clock.js';
import { respondAccessToken, respondApiTicket } from '../endpoints/credential.endpoints.js';
import { respondQueryResult } from '../endpoints/query-result.endpoint.js';
import type { RecognitionRequest } from '../endpoints/recognition-request.js';
import { respondRecognition } from '../endpoints/recognition.endpoint.js';
import { BAD_GATEWAY_PAGE, firstHalf, withWrongTypes } from '../faults/corrupt-response.js';
import type { SandboxFault } from '../faults/fault-registry.js';
import { failure, type SandboxResponse } from '../response/vendor-response.js';
import { type Exchange, htmlResponse, jsonResponse, rawResponse, textResponse } from './exchange.js';

/** Carry a request out, or not, and answer it, or not, as the fault that hit it says. */
export function respond(exchange: Exchange): void {
  const { fault } = exchange;
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') return exchange.drop('reset');
  const unserved = fault && answerInsteadOfVendor(exchange, fault);
  if (unserved) return wait(exchange, 0, unserved);
  const answer = exchange.decide(carryOut(exchange));
  wait(exchange, answer.waitMs ?? 0, () => deliver(exchange, answer));
}

/** Refuse without carrying out and without a fault: 400506 at the concurrency limit. */
export function refuse(exchange: Exchange, code: string): void {
  const answer = exchange.decide(failure(code, exchange.vendor.stamps.stamp()));
  wait(exchange, 0, () => deliver(exchange, answer));
}

/** The faults that keep the vendor from doing anything. */
function answerInsteadOfVendor(exchange: Exchange, fault: SandboxFault): (() => void) | undefined {
  switch (fault.kind) {
    case 'code':
      return () => refuseAtOnce(exchange, fault.code, fault.detail);
    case 'html-502':
      return () => exchange.send(htmlResponse(502, BAD_GATEWAY_PAGE));
    case 'empty-body':
      return () => exchange.send(textResponse(200, ''));
    case 'body':
      return () => exchange.send(rawResponse(fault.status ?? 200, fault.headers, fault.body));
    default:
      return undefined;
  }
}

function refuseAtOnce(exchange: Exchange, code: string, detail: string | undefined): void {
  deliver(exchange, exchange.decide(failure(code, exchange.vendor.stamps.stamp(), detail)));
}

/** Send what the vendor answered, spoilt in the way of the fault. */
function deliver(exchange: Exchange, answer: SandboxResponse): void {
  const status = answer.code === '0' ? 200 : exchange.vendor.settings.httpStatusOfFailures;
  const { fault } = exchange;
  switch (fault?.kind) {
    case 'lost-answer':
      return exchange.drop('close');
    case 'truncated':
      return exchange.sendHalf(jsonResponse(status, answer.json), fault.chunked ?? false);
    case 'truncated-json':
      return exchange.send(textResponse(status, firstHalf(JSON.stringify(answer.json))), 'spoilt');
    case 'wrong-types':
      return exchange.send(jsonResponse(status, withWrongTypes(answer.json)), 'spoilt');
    case 'answer':
      return exchange.send(jsonResponse(status, fault.rewrite(answer.json)), 'doubtful');
    default:
      return exchange.send(jsonResponse(status, answer.json));
  }
}

function wait(exchange: Exchange, waitMs: number, then: () => void): void {
  const { fault, vendor, response } = exchange;
  const slow = fault?.kind === 'slow' ? fault : undefined;
  const delay = {
    realMs: vendor.settings.answerDelayMs + (slow?.realTime ? slow.delayMs : 0),
    clockMs: waitMs + (slow && !slow.realTime ? slow.delayMs : 0),
  };
  const cancel = pause(vendor.clock, delay, then);
  if (!response.writableEnded) response.once('close', cancel);
}

/** Let the vendor do the work of a request. */
function carryOut({ vendor, request, record, refresh }: Exchange): SandboxResponse {
  switch (request.endpoint) {
    case 'access_token':
      return respondAccessToken(vendor, request, record, refresh);
    case 'api_ticket':
      return respondApiTicket(vendor, request, record);
    case 'getBankCardOcrResult':
      return respondQueryResult(vendor, request, record);
    case 'bankcardocrapp':
      return respondRecognition(vendor, request as RecognitionRequest, record);
    default:
      return request.endpoint satisfies never;
  }
}

/** How long an answer waits: in real time, and then on the sandbox's clock. */
interface ResponseDelay {
  readonly realMs: number;
  readonly clockMs: number;
}

/** Run `then` after `delay`, at once when there is none. @returns cancels it */
function pause(clock: Clock, { realMs, clockMs }: ResponseDelay, then: () => void): () => void {
  let cancel = () => {};
  const waitOnClock = () => {
    if (clockMs <= 0) return then();
    const timer = clock.setTimer(then, clockMs, true);
    cancel = () => timer.cancel();
  };
  if (realMs <= 0) {
    waitOnClock();
  } else {
    const timer = setTimeout(waitOnClock, realMs);
    cancel = () => clearTimeout(timer);
  }
  return () => cancel();
}
