import { Body, Controller, Post } from '@nestjs/common';
import { SdkLaunchService } from 'nestjs-bankcard-ocr';
import { CreateSdkLaunchDto, SdkLaunchResponseDto } from 'nestjs-bankcard-ocr/http';

/** Launches of the phone SDK. A backend with users of its own takes the user id from their login, not from the body. */
@Controller('sdk-launches')
export class SdkLaunchesController {
  constructor(private readonly launches: SdkLaunchService) {}

  /** The parameters with which the app starts the phone SDK; valid for one launch. */
  @Post()
  async create(@Body() { userId, orderNo }: CreateSdkLaunchDto): Promise<SdkLaunchResponseDto> {
    return SdkLaunchResponseDto.from(await this.launches.create({ userId, orderNo }));
  }
}
