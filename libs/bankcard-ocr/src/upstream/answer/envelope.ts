import { redactVendorText } from '../../errors/redaction.js';
import { codeOf, isJsonObject, type JsonObject } from './json-answer.js';

/** What every answer of the vendor has around its content. */
export interface Envelope {
  /** As text; `0` is success. */
  readonly code: string;
  /** `msg`, safe to show. */
  readonly message?: string;
  /** `bizSeqNo`: the vendor's running number of the exchange. */
  readonly bizSeqNo?: string;
}

/**
 * Read the envelope. `success` is not looked at: it is meaningless on OCR answers (protocol.md section 3).
 *
 * @param sent the secret values of the request, which the vendor's message may repeat
 */
export function readEnvelope(json: JsonObject, sent: readonly string[]): Envelope {
  const result = isJsonObject(json['result']) ? json['result'] : {};
  const message = json['msg'];
  return {
    code: codeOf(json) ?? '',
    ...(typeof message === 'string' && message !== '' ? { message: redactVendorText(message, sent) } : {}),
    ...bizSeqNoOf([json['bizSeqNo'], result['bizSeqNo']]),
  };
}

/** The first that is one: it is shown as it is, so it must be digits, and more of them than a card number has. */
function bizSeqNoOf(candidates: readonly unknown[]): { bizSeqNo?: string } {
  const bizSeqNo = candidates.find((value): value is string => typeof value === 'string' && /^\d{20,64}$/.test(value));
  return bizSeqNo === undefined ? {} : { bizSeqNo };
}
