import { Body, Controller, HttpCode, Post, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { SdkLaunch } from '../sdk/sdk-launch.js';
import { CardNumberMaskingInterceptor } from './card-number-masking.interceptor.js';
import { CreateSdkLaunchDto, VerifySdkResultDto } from './request.dto.js';
import { SdkLaunchResponseDto, SdkResultVerdictDto } from './response.dto.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';

/** Passes the Luhn check, as every tenth number of its length does. */
const LIKE_A_CARD = '6222021234567890128';
const SIGN = 'D7606F1741DDCF90757DA924EDCF152A200AC7F0';

const LAUNCH = {
  appId: 'IDA00001',
  version: '1.0.0',
  nonce: 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T',
  userId: LIKE_A_CARD,
  orderNo: LIKE_A_CARD,
  sign: SIGN,
  expiresInMs: 120_000,
};

@Controller()
@UseInterceptors(new CardNumberMaskingInterceptor())
class SdkController {
  @Post('echo-launch')
  echoLaunch(@Body() body: CreateSdkLaunchDto): object {
    return { ...body };
  }

  @Post('echo-result')
  echoResult(@Body() body: VerifySdkResultDto): object {
    return { ...body };
  }

  @Post('launch')
  launch(): SdkLaunchResponseDto {
    return SdkLaunchResponseDto.from(new SdkLaunch(LAUNCH));
  }

  @Post('verdict')
  @HttpCode(200)
  verdict(@Body() { valid }: { valid: boolean }): SdkResultVerdictDto {
    return SdkResultVerdictDto.from(valid);
  }
}

const cases = PLATFORMS.flatMap((platform) => {
  return [true, false].map((enableImplicitConversion) => ({ platform, enableImplicitConversion }));
});

describe.each(cases)('the DTOs of the phone SDK on $platform, implicit conversion $enableImplicitConversion', (how) => {
  let server: TestServer;

  beforeAll(async () => {
    const { platform, enableImplicitConversion } = how;
    const transformOptions = { enableImplicitConversion };
    server = await serve(platform, [SdkController], (application) => {
      application.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, transformOptions }));
    });
  });

  afterAll(() => server.close());

  it.each([
    { userId: 'u' },
    { userId: 'x'.repeat(32) },
    { userId: LIKE_A_CARD },
    { userId: 'user1', orderNo: 'order1' },
    { userId: 'user1', orderNo: LIKE_A_CARD },
  ])('take %j for a launch', async (body) => {
    const { status, json } = await server.post('/echo-launch', { ...body, ticket: 'unknown' });
    expect([status, json]).toEqual([201, body]);
  });

  it.each([
    [{}, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: '' }, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: 'canary@1' }, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: `canary${'x'.repeat(27)}` }, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: 'canary1\n' }, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: ['canary1', '@'] }, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: { canary: 1 } }, 'userId must be 1 to 32 ASCII letters and digits'],
    [{ userId: 'user1', orderNo: '' }, 'orderNo must be 1 to 32 ASCII letters and digits'],
    [{ userId: 'user1', orderNo: 'canary-1' }, 'orderNo must be 1 to 32 ASCII letters and digits'],
  ])('refuse %j for a launch, without repeating it', async (body, message) => {
    const { status, json, text } = await server.post('/echo-launch', body);
    expect([status, json]).toMatchObject([400, { message: [message] }]);
    expect(text).not.toContain('canary');
  });

  it.each([SIGN, SIGN.toLowerCase()])('take the signature %s', async (sign) => {
    const body = { orderNo: 'order1', sign };
    expect((await server.post('/echo-result', body)).json).toEqual(body);
  });

  it.each([undefined, '', SIGN.slice(1), `${SIGN}0`, SIGN.replace('D', 'G'), ` ${SIGN.slice(2)} `, [SIGN, 'x'], {}])(
    'refuse the signature %j, without repeating it',
    async (sign) => {
      const { status, json, text } = await server.post('/echo-result', { orderNo: 'order1', sign });
      expect([status, json]).toMatchObject([400, { message: ['sign must be 40 hexadecimal digits'] }]);
      expect(text).not.toContain(SIGN.slice(2, -2));
    },
  );

  it('hand a launch to the app as it is, whatever in it looks like a card number', async () => {
    expect(await server.post('/launch', {})).toMatchObject({ status: 201, json: LAUNCH });
  });

  it.each([true, false])('say whether a result is valid: %p', async (valid) => {
    expect((await server.post('/verdict', { valid })).text).toBe(`{"valid":${valid}}`);
  });
});

it('an order number that is null is refused where nothing converts it', async () => {
  const server = await serve('fastify', [SdkController], (application) => {
    application.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
  });
  expect((await server.post('/echo-launch', { userId: 'user1', orderNo: null })).status).toBe(400);
  await server.close();
});
