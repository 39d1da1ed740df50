import { Controller, Get, StreamableFile, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { of } from 'rxjs';
import { CardNumber } from '../card/card-number.js';
import { AllowFullCardNumber, CardNumberMaskingInterceptor } from './card-number-masking.interceptor.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';

const FULL = '6222021234567890128';
const MASKED = '622202*********0128';

@Controller('cards')
class CardsController {
  @Get('listed')
  listed(): object {
    return [{ bankCardNo: FULL, bankcardNo: FULL, cardNumber: FULL, cardNo: Number(FULL), pan: FULL }];
  }

  @Get('card-number')
  cardNumber(): object {
    return { some: new CardNumber(FULL) };
  }

  @Get('promise')
  async promise(): Promise<object> {
    return Promise.resolve({ cardNo: FULL });
  }

  @Get('observable')
  observable(): unknown {
    return of({ cardNo: FULL });
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from(FULL), { type: 'text/plain' });
  }

  @Get('nothing')
  nothing(): void {}

  @Get('allowed')
  @AllowFullCardNumber()
  allowed(): object {
    return { cardNo: FULL, printed: new CardNumber(FULL), revealed: new CardNumber(FULL).reveal() };
  }

  @Get('own')
  @UseInterceptors(new CardNumberMaskingInterceptor({ fields: ['pan'] }))
  own(): object {
    return { pan: '42', note: FULL, orderNo: FULL };
  }
}

@Controller('vault')
@AllowFullCardNumber()
class VaultController {
  @Get()
  all(): object {
    return { cardNo: FULL };
  }
}

describe.each(PLATFORMS)('CardNumberMaskingInterceptor on %s', (platform) => {
  let server: TestServer;

  beforeAll(async () => {
    const providers = [{ provide: APP_INTERCEPTOR, useClass: CardNumberMaskingInterceptor }];
    server = await serve(platform, [CardsController, VaultController], undefined, providers);
  });

  afterAll(() => server.close());

  it('masks the fields that are listed by default', async () => {
    const [card] = (await server.get('/cards/listed')).json as Record<string, string>[];
    expect(card).toMatchObject({ bankCardNo: MASKED, bankcardNo: MASKED, cardNumber: MASKED, pan: FULL });
    expect(card?.['cardNo']).toMatch(/^622202\*+\d{4}$/);
  });

  it('masks whatever way the answer comes', async () => {
    expect((await server.get('/cards/card-number')).json).toEqual({ some: MASKED });
    expect((await server.get('/cards/promise')).json).toEqual({ cardNo: MASKED });
    expect((await server.get('/cards/observable')).json).toEqual({ cardNo: MASKED });
  });

  it('lets files and empty answers pass', async () => {
    expect((await server.get('/cards/file')).text).toBe(FULL);
    expect(await server.get('/cards/nothing')).toMatchObject({ status: 200, text: '' });
  });

  it('leaves a route or a controller alone that may answer full numbers; a CardNumber stays masked even so', async () => {
    expect((await server.get('/cards/allowed')).json).toEqual({ cardNo: FULL, printed: MASKED, revealed: FULL });
    expect((await server.get('/vault')).json).toEqual({ cardNo: FULL });
  });

  it('takes its own fields instead, and masks nothing else', async () => {
    expect((await server.get('/cards/own')).json).toEqual({ pan: '**', note: FULL, orderNo: FULL });
  });
});
