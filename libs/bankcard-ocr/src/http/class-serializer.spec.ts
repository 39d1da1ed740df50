import {
  ClassSerializerInterceptor,
  type ClassSerializerInterceptorOptions,
  Controller,
  Get,
  type INestApplication,
  type NestInterceptor,
  SerializeOptions,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CardNumber } from '../card/card-number.js';
import { SdkLaunch } from '../sdk/sdk-launch.js';
import { aBankCardOcrResult } from '../testing/fixtures/bank-card-ocr-result.fixture.js';
import { CardNumberMaskingInterceptor } from './card-number-masking.interceptor.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';
import { BankCardOcrResponseDto, SdkLaunchResponseDto, SdkResultVerdictDto } from './response.dto.js';
import './serialized-values.js';

const PAN = '6222021234567890128';
const MASKED = '622202*********0128';
const LAUNCH = {
  appId: 'IDA00001',
  version: '1.0.0',
  nonce: 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T',
  userId: 'user1',
  orderNo: 'order1',
  sign: 'A'.repeat(40),
  expiresInMs: 100_000,
};
const result = aBankCardOcrResult()
  .with({ cardNumber: PAN, photos: 'complete', warnings: ['-9113'], extra: { holder: PAN }, operatedAt: new Date(0) })
  .build();

class Wrapped {
  readonly card = new CardNumber(PAN);
  readonly all = [result];
}

/** A shape that an application has for its answers. */
class Shape {}

@Controller()
class CardsController {
  @Get('result')
  result(): object {
    return result;
  }

  @Get('list')
  list(): object {
    return [result];
  }

  @Get('wrapped')
  wrapped(): object {
    return new Wrapped();
  }

  @Get('card')
  card(): object {
    return { card: new CardNumber(PAN) };
  }

  @Get('shaped')
  @SerializeOptions({ type: Shape })
  shaped(): object {
    return { ...new Wrapped(), launch: new SdkLaunch(LAUNCH) };
  }

  @Get('result-dto')
  resultDto(): object {
    return BankCardOcrResponseDto.from(result);
  }

  @Get('launch')
  launch(): object {
    return new SdkLaunch(LAUNCH);
  }

  @Get('launch-dto')
  launchDto(): object {
    return SdkLaunchResponseDto.from(new SdkLaunch(LAUNCH));
  }

  @Get('verdict-dto')
  verdictDto(): object {
    return SdkResultVerdictDto.from(true);
  }
}

const CAREFUL = ['result', 'list', 'wrapped', 'card', 'shaped'];
const serializer = (options?: ClassSerializerInterceptorOptions) => {
  return new ClassSerializerInterceptor(new Reflector(), options);
};
const masking = () => new CardNumberMaskingInterceptor();

describe.each(PLATFORMS)('under the global ClassSerializerInterceptor on %s', (platform) => {
  let server: TestServer;

  const start = async (...interceptors: NestInterceptor[]) => {
    const bind = (application: INestApplication) => application.useGlobalInterceptors(...interceptors);
    server = await serve(platform, [CardsController], bind);
  };
  afterEach(() => server.close());

  it.each<[string, () => NestInterceptor[]]>([
    ['alone', () => [serializer()]],
    ['before the masking interceptor', () => [masking(), serializer()]],
    ['behind the masking interceptor', () => [serializer(), masking()]],
    ['with implicit conversion', () => [serializer({ enableImplicitConversion: true })]],
    ['without fields that are unset', () => [serializer({ exposeUnsetFields: false })]],
    ['with strategy exposeAll', () => [serializer({ strategy: 'exposeAll' })]],
  ])('a response has the masked number, and nothing that is hidden: %s', async (_how, interceptors) => {
    await start(...interceptors());
    for (const path of CAREFUL) {
      const { status, text } = await server.get(`/${path}`);
      expect([path, status]).toEqual([path, 200]);
      expect(text).toContain(MASKED);
      expect(text).not.toMatch(/1234567|holder|"(cardNumber|card)":\{\}/);
      // No photo's bytes in any spelling: the smallest of the three has thousands.
      expect(text.length).toBeLessThan(3_000);
    }
    expect((await server.get('/launch')).json).toEqual(LAUNCH);
  });

  it('a card number is an object whose text is under masked', async () => {
    await start(serializer());
    expect((await server.get('/card')).json).toEqual({ card: { masked: MASKED } });
    expect((await server.get('/result')).json).toMatchObject({
      orderNo: 'order1',
      cardNumber: { masked: MASKED },
      operatedAt: '1970-01-01T00:00:00.000Z',
      photos: {
        status: 'complete',
        crop: { kind: 'crop', mediaType: 'image/jpeg', size: expect.any(Number) as number },
      },
    });
  });

  it('what is returned as it is has the masked number under excludeExtraneousValues too', async () => {
    await start(serializer({ excludeExtraneousValues: true }));
    const photo = { kind: 'crop', mediaType: 'image/jpeg', size: expect.any(Number) as number };
    const expected = { cardNumber: { masked: MASKED }, extra: { count: 1 }, photos: { crop: photo } };
    expect((await server.get('/result')).json).toMatchObject(expected);
    expect((await server.get('/list')).json).toMatchObject([expected]);
    expect((await server.get('/card')).json).toEqual({ card: { masked: MASKED } });
    expect((await server.get('/launch')).json).toEqual(LAUNCH);
  });

  it.each<[string, ClassSerializerInterceptorOptions]>([
    ['no options', {}],
    ['excludeExtraneousValues', { excludeExtraneousValues: true }],
    ['strategy excludeAll', { strategy: 'excludeAll' }],
    ['exposeUnsetFields: false', { exposeUnsetFields: false }],
  ])('the DTOs of the library are what they are without it: %s', async (_how, options) => {
    await start(serializer(options));
    expect((await server.get('/result-dto')).json).toEqual(
      JSON.parse(JSON.stringify(BankCardOcrResponseDto.from(result))),
    );
    expect((await server.get('/launch-dto')).json).toEqual(LAUNCH);
    expect((await server.get('/verdict-dto')).json).toEqual({ valid: true });
  });
});
