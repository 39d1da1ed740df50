/** Everything of the library that the simulation runs: the real classes, and nothing of its sandbox. */
export type { Clock, ClockTimer } from '../../libs/bankcard-ocr/src/runtime/clock.js';
export type { Random, Runtime } from '../../libs/bankcard-ocr/src/runtime/random.js';
export { SecretText } from '../../libs/bankcard-ocr/src/runtime/secret-text.js';
export type { Credentials } from '../../libs/bankcard-ocr/src/credentials/credentials.js';
export type { FileSystem, OpenFile } from '../../libs/bankcard-ocr/src/runtime/file-system.js';
export { FileTicketStore } from '../../libs/bankcard-ocr/src/credentials/store/file-ticket.store.js';
export { MemoryTicketStore } from '../../libs/bankcard-ocr/src/credentials/store/memory-ticket.store.js';
export { openTicketStore } from '../../libs/bankcard-ocr/src/account/create-ticket-store.js';
export type { TicketStore } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.js';
export type { TicketEvent } from '../../libs/bankcard-ocr/src/credentials/ticket-event.js';
export type { TicketRecord } from '../../libs/bankcard-ocr/src/credentials/ticket-record.js';
export { secretFingerprint } from '../../libs/bankcard-ocr/src/credentials/ticket-record.js';
export { TicketService } from '../../libs/bankcard-ocr/src/credentials/ticket.service.js';
export { type RefreshTimings, timingsFor } from '../../libs/bankcard-ocr/src/credentials/timings.js';
export { isBankCardOcrError } from '../../libs/bankcard-ocr/src/errors/bank-card-ocr-error.js';
export { OcrResultService } from '../../libs/bankcard-ocr/src/results/ocr-result.service.js';
export { DEFAULTS } from '../../libs/bankcard-ocr/src/options/option-table.js';
export type { RedisClient } from '../../libs/bankcard-ocr/src/redis/redis-client.js';
export { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/redis-ticket.store.js';
export { SignatureService } from '../../libs/bankcard-ocr/src/signature/signature.service.js';
export { hostProfile } from '../../libs/bankcard-ocr/src/vendor/hosts.js';
export { AuthClient } from '../../libs/bankcard-ocr/src/vendor/auth.client.js';
export { Semaphore } from '../../libs/bankcard-ocr/src/runtime/semaphore.js';
export { VendorHttpClient } from '../../libs/bankcard-ocr/src/vendor/http/vendor-http-client.js';
export { ResultClient } from '../../libs/bankcard-ocr/src/vendor/result.client.js';
export {
  type ResponseListener,
  Transport,
  type TransportCall,
  type TransportRequest,
} from '../../libs/bankcard-ocr/src/vendor/http/transport.js';
