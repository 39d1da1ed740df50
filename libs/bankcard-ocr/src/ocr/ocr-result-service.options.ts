import type { Clock } from '../clock.js';
import type { TicketService } from '../credentials/ticket.service.js';
import type { CodeRules } from '../errors/vendor-codes.js';
import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { Random } from '../random.js';
import type { ResultClient } from '../upstream/result.client.js';

/** What an {@link OcrResultService} works with. */
export interface OcrResultServiceOptions {
  readonly appId: string;
  readonly version: string;
  readonly limits: Required<QueryLimits>;
  readonly warningPolicy: WarningPolicy;
  /** Milliseconds that the vendor keeps results and photos. */
  readonly retentionMs: number;
  readonly codeRules: CodeRules;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly results: ResultClient;
  readonly clock: Clock;
  /** @default the machine's */
  readonly random?: Random;
}
