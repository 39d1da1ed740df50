import './serialized-values.js';

export {
  BankCardOcrErrorInterceptor,
  type BankCardOcrErrorInterceptorOptions,
} from './bank-card-ocr-error.interceptor.js';
export { BankCardOcrResponseDto } from './bank-card-ocr.response.dto.js';
export { CardNumberMaskingInterceptor, type CardNumberMaskingOptions } from './card-number-masking.interceptor.js';
export { CardPhotosDto } from './card-photos.response.dto.js';
export { CardValidityDto } from './card-validity.response.dto.js';
export { CardWarningDto } from './card-warning.response.dto.js';
export { CreateSdkLaunchDto } from './create-sdk-launch.dto.js';
export type { BankCardOcrErrorBody, ErrorLanguage } from './error-body.js';
export { ERROR_STATUS } from './error-status.js';
export { AllowFullCardNumber } from './full-card-number.decorator.js';
export { IsOrderNumber } from './order-number.validation.js';
export { OrderNoParamsDto } from './order-no-params.dto.js';
export { PhotoNotFoundException, type PhotoNotFoundReason } from './photo-not-found.exception.js';
export { PhotosQueryDto } from './photos-query.dto.js';
export { IsQueryFlag } from './query-flag.validation.js';
export { RecognizeBankCardDto } from './recognize-bank-card.dto.js';
export { requirePhoto } from './require-photo.js';
export { SdkLaunchResponseDto } from './sdk-launch.response.dto.js';
export { SdkResultVerdictDto } from './sdk-result-verdict.response.dto.js';
export { IsUserId } from './user-id.validation.js';
export { VerifySdkResultDto } from './verify-sdk-result.dto.js';
