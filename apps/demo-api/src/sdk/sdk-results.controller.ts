import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { SdkLaunchService } from 'nestjs-bankcard-ocr';
import { SdkResultVerdictDto, VerifySdkResultDto } from 'nestjs-bankcard-ocr/http';

/** What the phone SDK reports to the app, and the app to us. */
@Controller('sdk-results')
export class SdkResultsController {
  constructor(private readonly launches: SdkLaunchService) {}

  /** Whether Tencent signed the report. The card itself is queried by its order number, whatever an app says of it. */
  @Post('verify')
  @HttpCode(HttpStatus.OK)
  async verify(@Body() { orderNo, sign }: VerifySdkResultDto): Promise<SdkResultVerdictDto> {
    return SdkResultVerdictDto.from(await this.launches.verifyResult({ orderNo, sign }));
  }
}
