import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BankCardOcrResponseDto } from './response.dto.js';
import { CreateSdkLaunchDto, VerifySdkResultDto } from './request.dto.js';
import { SdkLaunchResponseDto, SdkResultVerdictDto } from './response.dto.js';
import { OrderNoParamsDto, PhotosQueryDto } from './request.dto.js';
import { PLATFORMS, serve } from './platforms.test-support.js';

@Controller('cards')
class CardsController {
  @Get(':orderNo')
  @ApiOkResponse({ type: BankCardOcrResponseDto })
  find(@Param() { orderNo }: OrderNoParamsDto, @Query() { photos }: PhotosQueryDto): object {
    return { orderNo, photos };
  }

  @Post('launches')
  @ApiCreatedResponse({ type: SdkLaunchResponseDto })
  launch(@Body() { userId }: CreateSdkLaunchDto): object {
    return { userId };
  }

  @Post('results')
  @ApiOkResponse({ type: SdkResultVerdictDto })
  verify(@Body() { orderNo }: VerifySdkResultDto): object {
    return { orderNo };
  }
}

describe.each(PLATFORMS)('the document that @nestjs/swagger makes on %s, without its plugin', (platform) => {
  let document: OpenAPIObject;

  beforeAll(async () => {
    const server = await serve(platform, [CardsController], (application) => {
      document = SwaggerModule.createDocument(application, new DocumentBuilder().build());
    });
    await server.close();
  });

  it('has the order number in the path, and the rest in the query', () => {
    expect(document.paths['/cards/{orderNo}']?.get?.parameters).toEqual([
      expect.objectContaining({
        name: 'orderNo',
        in: 'path',
        required: true,
        schema: { type: 'string', pattern: '^[0-9A-Za-z]{1,32}$', minLength: 1, maxLength: 32 },
      }),
      expect.objectContaining({
        name: 'photos',
        in: 'query',
        required: false,
        schema: { type: 'boolean', default: false },
      }),
    ]);
  });

  // The specification wants that, and validators refuse documents without it (npm run test:consumers asks one).
  it('has exactly those parameters of a path that stand in it, all of them required', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const inTemplate = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      for (const operation of [item.get, item.post]) {
        const parameters = (operation?.parameters ?? []).filter((one) => 'in' in one && one.in === 'path');
        expect(parameters.map((one) => 'name' in one && one.name)).toEqual(operation ? inTemplate : []);
        for (const one of parameters) expect(one).toMatchObject({ required: true });
      }
    }
  });

  it('has the bodies and answers of the phone SDK', () => {
    const identifier = { type: 'string', pattern: '^[0-9A-Za-z]{1,32}$', minLength: 1, maxLength: 32 };
    const text = { type: 'string' };
    expect(document.components?.schemas).toMatchObject({
      CreateSdkLaunchDto: { properties: { userId: identifier, orderNo: identifier }, required: ['userId'] },
      VerifySdkResultDto: {
        properties: { orderNo: identifier, sign: { type: 'string', pattern: '^[0-9A-Fa-f]{40}$' } },
        required: ['orderNo', 'sign'],
      },
      SdkLaunchResponseDto: {
        properties: {
          appId: text,
          version: text,
          nonce: text,
          userId: text,
          orderNo: text,
          sign: text,
          expiresInMs: { type: 'number' },
        },
        required: ['appId', 'version', 'nonce', 'userId', 'orderNo', 'sign', 'expiresInMs'],
      },
      SdkResultVerdictDto: { properties: { valid: { type: 'boolean' } }, required: ['valid'] },
    });
  });

  it('has every property of the response with its type', () => {
    expect(document.components?.schemas).toMatchObject({
      BankCardOcrResponseDto: {
        properties: {
          orderNo: { type: 'string' },
          cardNumber: { type: 'string' },
          expired: { type: 'boolean' },
          clarity: { type: 'number' },
          operatedAt: { type: 'string', format: 'date-time' },
          retentionEndsAt: { type: 'string', format: 'date-time' },
          warnings: { type: 'array', items: { $ref: '#/components/schemas/CardWarningDto' } },
          bizSeqNo: { type: 'string' },
        },
        required: ['orderNo', 'cardNumber', 'validity', 'warnings', 'photos'],
      },
      CardValidityDto: {
        properties: { raw: { type: 'string' }, month: { type: 'number' }, year: { type: 'number' } },
        required: ['raw'],
      },
      CardWarningDto: {
        properties: { code: { type: 'string' }, en: { type: 'string' }, zh: { type: 'string' } },
        required: ['code', 'en', 'zh'],
      },
      CardPhotosDto: {
        properties: {
          status: { type: 'string', enum: ['complete', 'pending', 'gone', 'absent'] },
          available: { type: 'array', items: { type: 'string', enum: ['original', 'crop', 'numberStrip'] } },
        },
        required: ['status', 'available'],
      },
    });
    const text = JSON.stringify(document.components?.schemas?.['BankCardOcrResponseDto']);
    expect(text).toContain('#/components/schemas/CardValidityDto');
    expect(text).toContain('#/components/schemas/CardPhotosDto');
  });
});
