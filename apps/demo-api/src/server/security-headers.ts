import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/**
 * The headers of every response: helmet's and `no-store`, because responses contain personal data or the current state,
 * errors included. They are computed once, so that responses which never reach a hook can carry them as well.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = { ...headersOfHelmet(), 'cache-control': 'no-store' };

function headersOfHelmet(): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet()(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}
