import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BankCardOcrResponseDto } from './bank-card-ocr.response.dto.js';
import { PLATFORMS, serve } from './platforms.contract.js';
import { QueryBankCardOcrDto } from './query-bank-card-ocr.dto.js';

@Controller('cards')
class CardsController {
  @Get()
  @ApiOkResponse({ type: BankCardOcrResponseDto })
  find(@Query() { orderNo }: QueryBankCardOcrDto): object {
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

  it('has the parameters of the query', () => {
    expect(document.paths['/cards']?.get?.parameters).toMatchObject([
      { name: 'orderNo', in: 'query', required: true, schema: { type: 'string', pattern: '^[0-9A-Za-z]{1,32}$' } },
      { name: 'photos', in: 'query', required: false, schema: { type: 'boolean', default: false } },
    ]);
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
          status: { type: 'string', enum: ['complete', 'pending', 'absent'] },
          available: { type: 'array', items: { type: 'string', enum: ['original', 'crop', 'number'] } },
        },
        required: ['status', 'available'],
      },
    });
    const text = JSON.stringify(document.components?.schemas?.['BankCardOcrResponseDto']);
    expect(text).toContain('#/components/schemas/CardValidityDto');
    expect(text).toContain('#/components/schemas/CardPhotosDto');
  });
});
