import './serialized-values.js';

export {
  BankCardOcrErrorInterceptor,
  type BankCardOcrErrorInterceptorOptions,
} from './bank-card-ocr-error.interceptor.js';
export { BankCardOcrResponseDto } from './bank-card-ocr.response.dto.js';
export { CardNumberMaskingInterceptor, type CardNumberMaskingOptions } from './card-number-masking.interceptor.js';
export { CardPhotosDto } from './bank-card-ocr.response.dto.js';
export { CardValidityDto } from './bank-card-ocr.response.dto.js';
export { CardWarningDto } from './bank-card-ocr.response.dto.js';
export { CreateSdkLaunchDto } from './sdk.dto.js';
export type { BankCardOcrErrorBody, ErrorLanguage } from './error-body.js';
export { ERROR_STATUS } from './error-body.js';
export { AllowFullCardNumber } from './card-number-masking.interceptor.js';
export { IsOrderNumber } from './validation.js';
export { OrderNoParamsDto } from './query.dto.js';
export { PhotoNotFoundException, type PhotoNotFoundReason } from './photo-not-found.exception.js';
export { PhotosQueryDto } from './query.dto.js';
export { IsQueryFlag } from './validation.js';
export { RecognizeBankCardDto } from './recognize-bank-card.dto.js';
export { requirePhoto } from './photo-not-found.exception.js';
export { SdkLaunchResponseDto } from './sdk.dto.js';
export { SdkResultVerdictDto } from './sdk.dto.js';
export { IsUserId } from './validation.js';
export { VerifySdkResultDto } from './sdk.dto.js';
