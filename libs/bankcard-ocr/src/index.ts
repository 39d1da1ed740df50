export type { Actor } from './errors/actor.js';
export { BankCardOcrAccountsModule } from './bankcard-ocr-accounts.module.js';
export { BankCardOcrModule } from './bankcard-ocr.module.js';
export { type BankCardOcrService, getBankCardOcrToken, InjectBankCardOcr } from './bankcard-ocr.tokens.js';
export type { BankCardOcrModuleExtras, BankCardOcrOptionsFactory } from './bankcard-ocr.module-definition.js';
export type { BankCardOcrResult, ResultRetention } from './card/bank-card-ocr-result.js';
export type { FingerprintKey } from './card/card-fingerprint.js';
export type { CardScheme } from './card/card-scheme.js';
export { CardNumber, maskCardNumber } from './card/card-number.js';
export { CardPhoto, type CardPhotos, PHOTO_KINDS, type PhotoKind } from './card/card-photo.js';
export type { CardValidity } from './card/card-validity.js';
export type { CardWarning } from './card/card-warning.js';
export { ExtraFields, type Scalar } from './card/extra-fields.js';
export type { ImageType } from './card/media-type.js';
export type { BankCardOcrClient } from './client/bank-card-ocr-client.js';
export { BankCardOcrClientFactory } from './client/client-factory.js';
export type { AccountOptions, ClientFactoryOptions } from './client/client-factory.options.js';
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
export type { OrderNumbers, QueryManyOptions, QueryManyOutcome } from './ocr/batch/batch-options.js';
export { CardRejectedError, type RejectedCard } from './ocr/card-rejected-error.js';
export { createOrderNo } from './ocr/create-order-no.js';
export type { PhotoExtension } from './card/photo-extension.js';
export type { PhotoMeasures } from './card/photo-measure.js';
export type { DownloadedPhoto, DownloadManifest } from './ocr/download/download-manifest.js';
export type { PhotoDestination } from './ocr/download/photo-destination.js';
export { type PhotoDirectory, toDirectory } from './ocr/download/photo-directory.js';
export type { PhotoMeta, PhotoSink } from './ocr/download/photo-sink.js';
export { OcrResultService, type SignedQueryParameters } from './ocr/ocr-result.service.js';
export type { InquiryOptions, QueryOptions } from './ocr/query-options.js';
export { ORDER_NUMBER } from './ocr/order-number.js';
export { photoOf } from './ocr/photo-of.js';
export { RecognitionService } from './ocr/recognition.service.js';
export type { CardImageSource } from './ocr/recognition/read-image.js';
export { RecognitionError } from './ocr/recognition/recognition-error.js';
export type { RecognizeOptions } from './ocr/recognition/recognize-options.js';
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
export { USER_ID } from './ocr/user-id.js';
export { SecretText } from './secret-text.js';
export { SignatureService } from './signature/signature.service.js';
export { type TicketCounts, TicketMetrics } from './telemetry/ticket-metrics.js';
