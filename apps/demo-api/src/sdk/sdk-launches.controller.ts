import { Body, Controller, Post } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SdkLaunchService } from 'nestjs-bankcard-ocr';
import { CreateSdkLaunchDto, SdkLaunchResponseDto } from 'nestjs-bankcard-ocr/http';
import { Tenant } from '../auth/client-request.js';
import { RequireScopes } from '../auth/require-scopes.decorator.js';
import { ApiCardErrors } from '../docs/api-errors.decorator.js';
import { LAUNCH_EXAMPLE } from '../docs/examples.js';
import { OrderAccess } from '../orders/order-access.js';

/** Launches of the phone SDK. A backend with users of its own takes the user id from their login, not from the body. */
@ApiTags('phone SDK')
@Controller('sdk-launches')
export class SdkLaunchesController {
  constructor(
    private readonly launches: SdkLaunchService,
    private readonly orders: OrderAccess,
  ) {}

  /** The parameters with which the app starts the phone SDK; valid for one launch. */
  @Post()
  @RequireScopes('sdk:launch')
  @ApiBody({ type: CreateSdkLaunchDto, examples: { example: { value: { userId: 'user1' } } } })
  @ApiOperation({ summary: 'Make the parameters of one launch of the phone SDK' })
  @ApiCreatedResponse({ description: 'For the app', type: SdkLaunchResponseDto, example: LAUNCH_EXAMPLE })
  @ApiCardErrors()
  async create(
    @Body() { userId, orderNo: chosen }: CreateSdkLaunchDto,
    @Tenant() tenant: string,
  ): Promise<SdkLaunchResponseDto> {
    // Before the launch: nobody else can take the order while it is under way.
    const orderNo = await this.orders.claim(chosen, tenant);
    return SdkLaunchResponseDto.from(await this.launches.create({ userId, orderNo }));
  }
}
