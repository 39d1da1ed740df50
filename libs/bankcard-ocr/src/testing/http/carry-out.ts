import { answerAccessToken } from '../endpoints/access-token.endpoint.js';
import { answerApiTicket } from '../endpoints/api-ticket.endpoint.js';
import { answerQueryResult } from '../endpoints/query-result.endpoint.js';
import { answerRecognition } from '../endpoints/recognition.endpoint.js';
import type { RecognitionRequest } from '../endpoints/recognition-request.js';
import type { VendorAnswer } from '../answer/vendor-answer.js';
import type { Exchange } from './exchange.js';

/** Let the vendor do the work of a request. */
export function carryOut({ vendor, request, record, refresh }: Exchange): VendorAnswer {
  switch (request.endpoint) {
    case 'access_token':
      return answerAccessToken(vendor, request, record, refresh);
    case 'api_ticket':
      return answerApiTicket(vendor, request, record);
    case 'getBankCardOcrResult':
      return answerQueryResult(vendor, request, record);
    case 'bankcardocrapp':
      return answerRecognition(vendor, request as RecognitionRequest, record);
    default:
      return request.endpoint satisfies never;
  }
}
