import type { IncomingMessage, ServerResponse } from 'node:http';
import { PHOTO_ANSWERS, type PreparedAnswer, SMALL_ANSWER, ticketAnswer, tokenAnswer } from './answers.js';
import type { PhotoSize } from './photo-size.js';
import type { VendorCounts } from './vendor-counts.js';

const HEADERS = { 'Content-Type': 'application/json;charset=UTF-8' };

/** Answers as the vendor does, as fast as node:http can; signatures are not checked, that is what the sandbox is for. */
export function createHandler(counts: VendorCounts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = request.url ?? '';
    if (url.startsWith('/api/server/getBankCardOcrResult')) sendResult(url, response);
    else if (url.startsWith('/api/oauth2/access_token')) send(response, tokenAnswer((counts.tokens += 1)));
    else if (url.startsWith('/api/oauth2/api_ticket')) send(response, ticketAnswer((counts.tickets += 1)));
    else if (url === '/counts') send(response, Buffer.from(JSON.stringify(counts)));
    else response.writeHead(404).end();
  };
}

function sendResult(url: string, response: ServerResponse): void {
  const order = parameter(url, 'order_no');
  sendPrepared(response, parameter(url, 'get_file') === '1' ? photosOf(order) : SMALL_ANSWER, order);
}

function photosOf(order: string): PreparedAnswer {
  return PHOTO_ANSWERS[(order[0] ?? '') as PhotoSize] ?? PHOTO_ANSWERS.M;
}

/** Parts that are written one by one, because joining them would copy megabytes. */
function sendPrepared(response: ServerResponse, { before, after }: PreparedAnswer, order: string): void {
  const middle = Buffer.from(order);
  response.writeHead(200, { ...HEADERS, 'Content-Length': before.length + middle.length + after.length });
  response.cork();
  response.write(before);
  response.write(middle);
  response.end(after);
  response.uncork();
}

function send(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { ...HEADERS, 'Content-Length': body.length }).end(body);
}

/** Order numbers are letters and digits: nothing to decode. */
function parameter(url: string, name: string): string {
  const start = url.indexOf(`${name}=`);
  if (start < 0) return '';
  const end = url.indexOf('&', start);
  return url.slice(start + name.length + 1, end < 0 ? undefined : end);
}
