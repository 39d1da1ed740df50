import './serialized-values.js';

export { BankCardOcrErrorInterceptor } from './bank-card-ocr-error.interceptor.js';
export { BankCardOcrExceptionFilter } from './bank-card-ocr-exception.filter.js';
export { BankCardOcrResponseDto, CardPhotosDto } from './bank-card-ocr.response.dto.js';
export { AllowFullCardNumber, CardNumberMaskingInterceptor } from './card-number-masking.interceptor.js';
export { ERROR_STATUS } from './error-body.js';
export { PhotoNotFoundException, requirePhoto } from './photo-not-found.exception.js';
export { OrderNoParamsDto, PhotosQueryDto } from './query.dto.js';
export { RecognizeBankCardDto } from './recognize-bank-card.dto.js';
export { CreateSdkLaunchDto, SdkLaunchResponseDto, SdkResultVerdictDto, VerifySdkResultDto } from './sdk.dto.js';
export { IsOrderNumber, IsUserId } from './validation.js';
