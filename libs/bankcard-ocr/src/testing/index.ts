export {
  aBankCardOcrResult,
  type BankCardOcrResultChange,
  type BankCardOcrResultFields,
  BankCardOcrResultFixture,
} from './fixtures/bank-card-ocr-result.fixture.js';
export { ticketStoreContract } from '../credentials/store/store-contract.js';
export { ManualClock } from './manual-clock.js';
export { KycSandbox } from './kyc-sandbox.js';
export type { KycSandboxChange, KycSandboxOptions, KycSandboxSettings, LatePhotos } from './kyc-sandbox.options.js';
export type { SandboxOrder } from './orders/sandbox-order.js';
export { orderNoForCode, orderNoForWarning } from './orders/example-orders.js';
export { inventedCardNumber, PICTURED_CARD_NUMBER } from './orders/invented-card.js';
export { SANDBOX_CODES } from './vendor-codes.js';
export type { SandboxCode, SandboxCodeText } from './vendor-codes.js';
export { SANDBOX_WARNINGS } from './vendor-codes.js';
export type { SandboxWarning } from './vendor-codes.js';
export { vendorSignature } from './vendor-signature.js';
export type { JsonObject } from './response/vendor-response.js';
export type { EndpointName } from './endpoints/endpoint-name.js';
export type { FaultEffect, FaultHandle, FaultKind, FaultTarget, SandboxFault } from './faults/fault-registry.js';
export type { CallCounts } from './evidence/evidence.js';
export type { JournalEntry, PartnerEvent } from './evidence/evidence.js';
export type { ViolationEntry, ViolationKind, RecoveryEntry, RecoveryReason } from './evidence/evidence.js';
export type { LaunchVerdict, PhoneLaunch } from './sdk/accept-launch.js';
export { BankCardOcrTestingModule, getSandboxInjectionToken } from './bankcard-ocr-testing.module.js';
export type { BankCardOcrTestingOptions } from './bankcard-ocr-testing.module.js';
