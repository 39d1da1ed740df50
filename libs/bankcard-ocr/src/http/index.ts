import './serialized-values.js';

export { BankCardOcrErrorInterceptor } from './bank-card-ocr-error.interceptor.js';
export { BankCardOcrExceptionFilter } from './bank-card-ocr-exception.filter.js';
export { AllowFullCardNumber, CardNumberMaskingInterceptor } from './card-number-masking.interceptor.js';
export { ERROR_STATUS } from './error-body.js';
export { PhotoNotFoundException, requirePhoto } from './photo-not-found.exception.js';
export {
  CreateSdkLaunchDto,
  OrderNoParamsDto,
  PhotosQueryDto,
  RecognizeBankCardDto,
  VerifySdkResultDto,
} from './request.dto.js';
export { BankCardOcrResponseDto, CardPhotosDto, SdkLaunchResponseDto, SdkResultVerdictDto } from './response.dto.js';
export { IsOrderNumber, IsUserId } from './dto-members.js';
