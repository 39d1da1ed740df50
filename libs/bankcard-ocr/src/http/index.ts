import './serialized-values.js';

export { AllowFullCardNumber, CardNumberMaskingInterceptor } from './card-number-masking.interceptor.js';
export { BankCardOcrErrorInterceptor, BankCardOcrExceptionFilter, ERROR_STATUS } from './error-response.js';
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
