export type { Actor } from './errors/error-codes.js';
export { BankCardOcrAccountsModule } from './nest/bankcard-ocr-accounts.module.js';
export { BankCardOcrModule } from './nest/bankcard-ocr.module.js';
export { type BankCardOcrService, getBankCardOcrToken, InjectBankCardOcr } from './nest/bankcard-ocr.tokens.js';
export type { BankCardOcrModuleExtras, BankCardOcrOptionsFactory } from './nest/bankcard-ocr.module-definition.js';
export type { BankCardOcrResult, ResultRetention } from './card/bank-card-ocr-result.js';
export type { FingerprintKey } from './card/card-number.js';
export type { CardScheme } from './card/card-number.js';
export { CardNumber, maskCardNumber } from './card/card-number.js';
export { CardPhoto, type CardPhotos, PHOTO_KINDS, type PhotoKind } from './card/card-photo.js';
export type { CardValidity } from './card/card-validity.js';
export type { CardWarning } from './card/bank-card-ocr-result.js';
export { ExtraFields, type Scalar } from './card/extra-fields.js';
export type { ImageType } from './card/card-photo.js';
export type { BankCardOcrClient } from './account/bank-card-ocr-client.js';
export { BankCardOcrClientFactory } from './account/client-factory.js';
export type { AccountOptions, ClientFactoryOptions } from './account/client-factory.js';
export { type Clock, type ClockTimer, SystemClock } from './runtime/clock.js';
export type { TicketRole } from './credentials/refresh-plan.js';
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
  RetiredTicket,
  GenerationRecord,
  PendingToken,
  TicketRecord,
  UnansweredRequest,
} from './credentials/ticket-record.js';
export { TicketService, type TicketStatus } from './credentials/ticket.service.js';
export { BankCardOcrError, type BankCardOcrErrorDetails, isBankCardOcrError } from './errors/bank-card-ocr-error.js';
export { BankCardOcrConfigurationError, type ConfigurationIssue } from './errors/configuration-error.js';
export { type BankCardOcrErrorCode, ERROR_TEXTS, type ErrorText } from './errors/error-codes.js';
export {
  type VendorCodeOverrides,
  type RetryRule,
  VENDOR_CODES,
  type VendorCodeRule,
  WARNING_TEXTS,
  type WarningText,
} from './errors/vendor-codes.js';
export type { OrderNumbers, QueryManyOptions, QueryManyOutcome } from './results/batch/query-many.js';
export { CardRejectedError, type RejectedCard } from './results/warning-policy.js';
export { createOrderNo } from './call/order-number.js';
export type { PhotoExtension } from './card/card-photo.js';
export type { PhotoMeasures } from './card/photo-measure.js';
export type { DownloadedPhoto, DownloadManifest } from './results/download/download.js';
export type { PhotoDestination } from './results/download/photo-destination.js';
export { type PhotoDirectory, toDirectory } from './results/download/photo-directory.js';
export type { PhotoMeta, PhotoSink } from './results/download/photo-sink.js';
export { OcrResultService, type SignedQueryParameters } from './results/ocr-result.service.js';
export type { OrderQueryOptions, QueryOptions } from './results/query-options.js';
export { ORDER_NUMBER } from './call/order-number.js';
export { photoOf } from './results/photo-of.js';
export { RecognitionService } from './recognition/recognition.service.js';
export type { CardImageSource } from './recognition/read-image.js';
export { RecognitionError } from './recognition/recognition.service.js';
export type { RecognizeOptions } from './recognition/recognition.service.js';
export type {
  AppIdParameter,
  BankCardOcrOptions,
  QueryLimits,
  RecognitionAppIdField,
  TransportKind,
  VendorPaths,
  WarningPolicy,
} from './options/bankcard-ocr.options.js';
export { DEFAULTS } from './options/defaults.js';
export { bankCardOcrOptionsFromEnv } from './options/options-from-env.js';
export { SdkLaunch, type SdkLaunchValues } from './sdk/sdk-launch.js';
export {
  type SdkCallLimits,
  type SdkLaunchRequest,
  SdkLaunchService,
  type SdkResultReport,
} from './sdk/sdk-launch.service.js';
export { USER_ID } from './call/user-id.js';
export { SecretText } from './runtime/secret-text.js';
export { SignatureService } from './signature/signature.service.js';
export { type TicketCounts, TicketMetrics } from './telemetry/ticket-metrics.js';
