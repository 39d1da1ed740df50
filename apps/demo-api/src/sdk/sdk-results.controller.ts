import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SdkLaunchService } from 'nestjs-bankcard-ocr';
import { SdkResultVerdictDto, VerifySdkResultDto } from 'nestjs-bankcard-ocr/http';
import { Tenant } from '../auth/client-request.js';
import { RequireScopes } from '../auth/require-scopes.decorator.js';
import { ApiCardErrors } from '../docs/api-errors.decorator.js';
import { OrderAccess } from '../orders/order-access.js';

/** What the phone SDK reports to the app, and the app to us. */
@ApiTags('phone SDK')
@Controller('sdk-results')
export class SdkResultsController {
  constructor(
    private readonly launches: SdkLaunchService,
    private readonly orders: OrderAccess,
  ) {}

  /** Whether Tencent signed the report. The card itself is queried by its order number, whatever an app says of it. */
  @Post('verify')
  @HttpCode(HttpStatus.OK)
  @RequireScopes('sdk:launch')
  @ApiBody({
    type: VerifySdkResultDto,
    examples: {
      example: {
        value: { orderNo: 'LpGPHNRrrFnomTUlCCtClK96xcZLci33', sign: '7250B083DFE9D02813F41C269152A404CF681742' },
      },
    },
  })
  @ApiOperation({ summary: 'Check what the phone SDK reports' })
  @ApiOkResponse({ description: 'The verdict', type: SdkResultVerdictDto, example: { valid: true } })
  @ApiCardErrors()
  async verify(@Body() { orderNo, sign }: VerifySdkResultDto, @Tenant() tenant: string): Promise<SdkResultVerdictDto> {
    await this.orders.check(orderNo, tenant);
    return SdkResultVerdictDto.from(await this.launches.verifyResult({ orderNo, sign }));
  }
}
