import { Type } from 'class-transformer';
import { IsBase64, IsBoolean, IsOptional, IsString, ValidateNested } from 'class-validator';

/** The answer's inner object, as people describe it to class-validator. */
export class OcrResultDto {
  @IsString()
  bizSeqNo!: string;

  @IsString()
  transactionTime!: string;

  @IsString()
  orderNo!: string;

  @IsString()
  bankCardNo!: string;

  @IsOptional()
  @IsString()
  bankCardValidDate?: string;

  @IsOptional()
  @IsString()
  warnCode?: string;

  @IsOptional()
  @IsString()
  multiWarnCode?: string;

  @IsOptional()
  @IsString()
  operateTime?: string;

  @IsOptional()
  @IsString()
  clarity?: string;

  @IsOptional()
  @IsBoolean()
  success?: boolean;

  @IsOptional()
  @IsBase64()
  bankcardCropPhoto?: string;

  @IsOptional()
  @IsBase64()
  bankcardNoPhoto?: string;

  @IsOptional()
  @IsBase64()
  originBankcardPhoto?: string;
}

/** The answer as people describe it to class-validator. */
export class OcrAnswerDto {
  @IsString()
  code!: string;

  @IsString()
  msg!: string;

  @IsOptional()
  @IsString()
  bizSeqNo?: string;

  @ValidateNested()
  @Type(() => OcrResultDto)
  result!: OcrResultDto;

  @IsOptional()
  @IsString()
  transactionTime?: string;
}
