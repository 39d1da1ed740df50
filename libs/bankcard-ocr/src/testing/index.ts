export {
  aBankCardOcrResult,
  type BankCardOcrResultChange,
  type BankCardOcrResultFields,
  BankCardOcrResultFixture,
} from './fixtures/bank-card-ocr-result.fixture.js';
export { ManualClock } from './manual-clock.js';
export { KycSandbox } from './kyc-sandbox.js';
export type { KycSandboxChange, KycSandboxOptions, KycSandboxSettings, LatePhotos } from './kyc-sandbox.options.js';
export type { SandboxOrder } from './orders/sandbox-order.js';
export { orderNoForCode, orderNoForWarning } from './orders/magic-orders.js';
export { inventedCardNumber, PICTURED_CARD_NUMBER } from './orders/invented-card.js';
export { VENDOR_CODES } from './vendor/vendor-codes.js';
export type { VendorCode, VendorCodeText } from './vendor/vendor-codes.js';
export { WARNING_CODES } from './vendor/warning-codes.js';
export type { WarningCode } from './vendor/warning-codes.js';
export { vendorSignature } from './signature/signature.js';
export type { JsonObject } from './answer/vendor-answer.js';
export type { EndpointName } from './endpoints/endpoint-name.js';
export type { FaultEffect, FaultHandle, FaultKind, FaultTarget, SandboxFault } from './faults/fault.js';
export type { CallCounts } from './evidence/call-counter.js';
export type { JournalEntry, PartnerEvent } from './evidence/journal.js';
export type { MisuseEntry, MisuseKind, RecoveryEntry, RecoveryReason } from './evidence/misuse.js';
export type { LaunchVerdict, PhoneLaunch } from './launch/accept-launch.js';
export { BankCardOcrTestingModule, getSandboxToken } from './bankcard-ocr-testing.module.js';
export type { BankCardOcrTestingOptions } from './bankcard-ocr-testing.module.js';
