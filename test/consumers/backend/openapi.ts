import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import {
  BankCardOcrResponseDto,
  CreateSdkLaunchDto,
  OrderNoParamsDto,
  PhotosQueryDto,
  RecognizeBankCardDto,
  SdkLaunchResponseDto,
  SdkResultVerdictDto,
  VerifySdkResultDto,
} from 'nestjs-bankcard-ocr/http';

/** Every DTO where it belongs, described by nothing but what the DTOs themselves say. */
@Controller('bank-cards')
class DescribedController {
  @Get(':orderNo')
  @ApiOkResponse({ type: BankCardOcrResponseDto })
  find(@Param() params: OrderNoParamsDto, @Query() query: PhotosQueryDto): object {
    return { ...params, ...query };
  }

  @Post()
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: RecognizeBankCardDto })
  @ApiCreatedResponse({ type: BankCardOcrResponseDto })
  recognize(@Body() body: RecognizeBankCardDto): object {
    return body;
  }

  @Post('launches')
  @ApiCreatedResponse({ type: SdkLaunchResponseDto })
  launch(@Body() body: CreateSdkLaunchDto): object {
    return body;
  }

  @Post('results')
  @ApiOkResponse({ type: SdkResultVerdictDto })
  verify(@Body() body: VerifySdkResultDto): object {
    return body;
  }
}

@Module({ controllers: [DescribedController] })
class DescribedModule {}

/** Print the OpenAPI document. */
async function describe(): Promise<void> {
  const app = await NestFactory.create(DescribedModule, { logger: ['error'] });
  const document = SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Cards').setVersion('1').build());
  process.stdout.write(JSON.stringify(document));
  await app.close();
}

void describe();
