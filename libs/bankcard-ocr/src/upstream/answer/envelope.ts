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
  const { result, msg } = json;
  return {
    code: codeOf(json) ?? '',
    message: typeof msg === 'string' && msg !== '' ? redactVendorText(msg, sent) : undefined,
    bizSeqNo: bizSeqNoOf(json) ?? (isJsonObject(result) ? bizSeqNoOf(result) : undefined),
  };
}

/** It is shown as it is, so it must be digits, and more of them than a card number has. */
const BIZ_SEQ_NO = /^\d{20,64}$/;

function bizSeqNoOf({ bizSeqNo }: JsonObject): string | undefined {
  return typeof bizSeqNo === 'string' && BIZ_SEQ_NO.test(bizSeqNo) ? bizSeqNo : undefined;
}
