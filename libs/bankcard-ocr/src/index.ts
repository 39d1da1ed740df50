export type { Actor } from './errors/actor.js';
export { BankCardOcrModule } from './bankcard-ocr.module.js';
export type { BankCardOcrModuleExtras, BankCardOcrOptionsFactory } from './bankcard-ocr.module-definition.js';
export type { BankCardOcrResult } from './card/bank-card-ocr-result.js';
export { CardNumber, maskCardNumber } from './card/card-number.js';
export { CardPhoto, type CardPhotos, PHOTO_KINDS, type PhotoKind } from './card/card-photo.js';
export type { CardValidity } from './card/card-validity.js';
export type { CardWarning } from './card/card-warning.js';
export { ExtraFields, type Scalar } from './card/extra-fields.js';
export { type Clock, type ClockTimer, SystemClock } from './clock.js';
export type { StoreLossPolicy, TicketRole } from './credentials/create-refresh.js';
export type { Credentials } from './credentials/credentials.js';
export { FileTicketStore, type FileTicketStoreOptions } from './credentials/store/file-ticket.store.js';
export { MemoryTicketStore } from './credentials/store/memory-ticket.store.js';
export {
  type SharingScope,
  type StoreAccess,
  type TicketLease,
  TicketStore,
} from './credentials/store/ticket-store.js';
export type { ForeignRefreshSuspected, RefreshReason, TicketEvent } from './credentials/ticket-event.js';
export type {
  EarlierTicket,
  GenerationRecord,
  PendingToken,
  TicketRecord,
  UnansweredRequest,
} from './credentials/ticket-record.js';
export { TicketService } from './credentials/ticket.service.js';
export type { TicketStatus } from './credentials/ticket-status.js';
export { BankCardOcrError, type BankCardOcrErrorDetails, isBankCardOcrError } from './errors/bank-card-ocr-error.js';
export { BankCardOcrConfigurationError, type ConfigurationFault } from './errors/configuration-error.js';
export { type BankCardOcrErrorCode, ERROR_TEXTS, type ErrorText } from './errors/error-codes.js';
export {
  type CodeRules,
  type RetryRule,
  VENDOR_CODES,
  type VendorCodeRule,
  WARNING_TEXTS,
  type WarningText,
} from './errors/vendor-codes.js';
export { OcrResultService, type QueryOptions, type SignedQueryParameters } from './ocr/ocr-result.service.js';
export { ORDER_NUMBER } from './ocr/order-number.js';
export {
  type AppIdParameter,
  type BankCardOcrOptions,
  DEFAULTS,
  type QueryLimits,
  type VendorPaths,
} from './options/bankcard-ocr.options.js';
export { bankCardOcrOptionsFromEnv } from './options/options-from-env.js';
export { createOrderNo } from './sdk/create-order-no.js';
export { SdkLaunch, type SdkLaunchValues } from './sdk/sdk-launch.js';
export {
  type SdkCallLimits,
  type SdkLaunchRequest,
  SdkLaunchService,
  type SdkResultReport,
} from './sdk/sdk-launch.service.js';
export { USER_ID } from './sdk/user-id.js';
export { SecretText } from './secret-text.js';
export { SignatureService } from './signature/signature.service.js';
export { type TicketCounts, TicketMetrics } from './telemetry/ticket-metrics.js';
