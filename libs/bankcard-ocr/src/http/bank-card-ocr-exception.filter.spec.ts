import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  ConflictException,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  type INestApplication,
  Inject,
  Injectable,
  type Provider,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER, ExternalContextCreator, HttpAdapterHost } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { lastValueFrom, type Observable } from 'rxjs';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type BankCardOcrErrorCode, ERROR_TEXTS } from '../errors/error-codes.js';
import { BankCardOcrErrorInterceptor } from './error-response.js';
import { BankCardOcrExceptionFilter } from './error-response.js';
import { PhotoNotFoundException } from './photo-not-found.exception.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';

let thrown: unknown;

class ThrowingGuard implements CanActivate {
  canActivate(): never {
    throw thrown;
  }
}

@Controller()
class FailingController {
  @Get('guarded')
  @UseGuards(ThrowingGuard)
  guarded(): string {
    return 'never';
  }

  @Get('handler')
  fail(): never {
    throw thrown;
  }

  @Get('zh')
  @UseFilters(new BankCardOcrExceptionFilter({ language: 'zh' }))
  failInChinese(): never {
    throw thrown;
  }

  @Get('intercepted')
  @UseInterceptors(new BankCardOcrErrorInterceptor())
  intercepted(): never {
    throw thrown;
  }
}

describe.each(PLATFORMS)('BankCardOcrExceptionFilter on %s', (platform) => {
  let server: TestServer;

  beforeAll(async () => {
    const providers = [{ provide: APP_FILTER, useClass: BankCardOcrExceptionFilter }];
    server = await serve(platform, [FailingController], undefined, providers);
  });

  afterAll(() => server.close());

  it.each(['guarded', 'handler'])(
    'answers an error of a %s route as the interceptor does, for every code',
    async (route) => {
      for (const code of Object.keys(ERROR_TEXTS) as BankCardOcrErrorCode[]) {
        thrown = new BankCardOcrError(code, { vendorCode: '-9012', bizSeqNo: 'b1', retryAfterMs: 1_500 });
        const [filtered, intercepted] = [await server.get(`/${route}`), await server.get('/intercepted')];
        expect(filtered.json).toEqual(intercepted.json);
        for (const name of ['retry-after', 'content-type']) {
          expect(filtered.headers.get(name)).toBe(intercepted.headers.get(name));
        }
        expect(filtered.status).toBe(intercepted.status);
      }
    },
  );

  it('answers an error of another copy of the library', async () => {
    const brand = Object.getOwnPropertySymbols(new BankCardOcrError('TIMEOUT'));
    const prototypeBrand = Object.getOwnPropertySymbols(BankCardOcrError.prototype);
    const foreign = Object.assign(new Error('late'), { code: 'TIMEOUT', messageZh: '超时' }) as unknown as Record<
      PropertyKey,
      unknown
    >;
    const real = new BankCardOcrError('TIMEOUT') as unknown as Record<PropertyKey, unknown>;
    for (const symbol of [...brand, ...prototypeBrand]) foreign[symbol] = real[symbol];
    thrown = foreign;
    expect(await server.get('/guarded')).toMatchObject({ status: 504, json: { code: 'TIMEOUT', message: 'late' } });
  });

  it('answers a photo that is missing, with the time to ask again', async () => {
    thrown = new PhotoNotFoundException('original', 'pending');
    const { status, headers, json } = await server.get('/handler');
    expect([status, headers.get('retry-after')]).toEqual([404, '2']);
    expect(json).toMatchObject({ code: 'PHOTO_NOT_FOUND', reason: 'pending' });
    expect((await server.get('/zh')).json).toMatchObject({ message: '该订单的照片尚未就绪 (pending)，请 2 秒后重试' });
  });

  it('speaks Chinese when asked to', async () => {
    thrown = new BankCardOcrError('CARD_UNREADABLE', { message: 'blurred', messageZh: '照片模糊' });
    expect((await server.get('/zh')).json).toMatchObject({ statusCode: 422, message: '照片模糊' });
  });

  it('lets everything else pass untouched', async () => {
    thrown = new ConflictException('not ours');
    expect((await server.get('/guarded')).json).toEqual({ statusCode: 409, message: 'not ours', error: 'Conflict' });
    thrown = new Error('a fault of the application');
    expect(await server.get('/handler')).toMatchObject({ status: 500, json: { message: 'Internal server error' } });
  });
});

/** A filter for everything with a format of its own, as most applications have one. */
@Catch()
class CatchAllFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly server: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const isHttp = exception instanceof HttpException;
    const error = isHttp ? exception.getResponse() : 'unexpected';
    const status = isHttp ? exception.getStatus() : 500;
    this.server.httpAdapter.reply(host.switchToHttp().getResponse(), { success: false, error }, status);
  }
}

describe.each(PLATFORMS)('BankCardOcrExceptionFilter on %s, beside a filter for everything,', (platform) => {
  const OWN = { statusCode: 404, code: 'ORDER_NOT_FOUND', message: ERROR_TEXTS.ORDER_NOT_FOUND.en };
  const catchAll = (application: INestApplication) => new CatchAllFilter(application.get(HttpAdapterHost));
  const asProvider = { provide: APP_FILTER, useClass: BankCardOcrExceptionFilter };
  let server: TestServer;

  const started = async (setUp: (application: INestApplication) => unknown, providers: Provider[] = []) => {
    server = await serve(platform, [FailingController], setUp, providers);
    thrown = new BankCardOcrError('ORDER_NOT_FOUND');
  };

  afterEach(() => server.close());

  it('is asked first when it is bound after the other one', async () => {
    await started((application) => {
      application.useGlobalFilters(catchAll(application), new BankCardOcrExceptionFilter());
    });
    expect(await server.get('/guarded')).toMatchObject({ status: 404, json: OWN });
    thrown = new ConflictException('not ours');
    expect((await server.get('/guarded')).json).toMatchObject({ success: false, error: { message: 'not ours' } });
  });

  it('is asked first when both are providers and it is the last of them', async () => {
    const providers = [{ provide: APP_FILTER, useClass: CatchAllFilter }, asProvider];
    await started(() => undefined, providers);
    expect((await server.get('/handler')).json).toEqual(OWN);
  });

  it('is never asked as a provider when the other one is bound by useGlobalFilters()', async () => {
    await started((application) => void application.useGlobalFilters(catchAll(application)), [asProvider]);
    expect(await server.get('/handler')).toMatchObject({ status: 500, json: { error: 'unexpected' } });
  });

  it('is asked first on a route of its own, wherever the other one is bound', async () => {
    await started((application) => void application.useGlobalFilters(catchAll(application)));
    expect(await server.get('/zh')).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_FOUND' } });
  });

  it('is not needed with the interceptor, whose exception has the body for the other filter', async () => {
    await started((application) => void application.useGlobalFilters(catchAll(application)));
    expect(await server.get('/intercepted')).toMatchObject({ status: 404, json: { success: false, error: OWN } });
  });
});

describe('BankCardOcrExceptionFilter without a server', () => {
  const error = new BankCardOcrError('RATE_LIMITED');
  const filter = new BankCardOcrExceptionFilter();

  function hostOf(type: string, client: object): ArgumentsHost {
    const http = { getResponse: () => client };
    return { getType: () => type, switchToHttp: () => http } as unknown as ArgumentsHost;
  }

  it.each([
    ['express', (end: jest.Mock) => ({ headersSent: true, end })],
    ['fastify', (end: jest.Mock) => ({ raw: { headersSent: true, end } })],
  ])('ends a response whose head has been sent: %s', (_platform, responseOf) => {
    const end = jest.fn();
    filter.catch(error, hostOf('http', responseOf(end)));
    expect(end).toHaveBeenCalledTimes(1);
  });
});

describe('BankCardOcrExceptionFilter outside HTTP', () => {
  const BODY = {
    status: 'error',
    code: 'ORDER_NOT_FOUND',
    message: ERROR_TEXTS.ORDER_NOT_FOUND.en,
    retryable: true,
  };

  @Injectable()
  @UseFilters(new BankCardOcrExceptionFilter())
  class Handlers {
    async fail(_client: unknown): Promise<unknown> {
      throw thrown;
    }
  }

  /** Call a handler as Nest does for a kind of transport: with its filters. */
  async function called(kind: string, client: unknown = {}): Promise<unknown> {
    const testing = await Test.createTestingModule({ providers: [Handlers] }).compile();
    testing.useLogger(false);
    const app = await testing.init();
    const handlers = app.get(Handlers);
    const none = undefined;
    const handler: (...args: unknown[]) => Promise<unknown> = app
      .get(ExternalContextCreator)
      .create(handlers, handlers.fail.bind(handlers) as never, 'fail', none, none, none, none, none, kind);
    try {
      return await handler(client);
    } finally {
      await app.close();
    }
  }

  beforeEach(() => (thrown = new BankCardOcrError('ORDER_NOT_FOUND')));

  it('answers the client of a microservice with the code', async () => {
    const answer = (await called('rpc')) as Observable<unknown>;
    await expect(lastValueFrom(answer)).rejects.toEqual(BODY);
  });

  it('sends the event exception to the client of a gateway', async () => {
    const emit = jest.fn();
    // A gateway is content with a filter that returns nothing; the context of this test goes on to throw.
    await called('ws', { emit }).catch(() => undefined);
    expect(emit.mock.calls).toEqual([['exception', BODY]]);
  });

  it('sends it through the connection of a client of ws, as Nest sends results', async () => {
    const [emit, send] = [jest.fn(), jest.fn()];
    await called('ws', { emit, send, readyState: 1 }).catch(() => undefined);
    expect(emit).not.toHaveBeenCalled();
    expect(send.mock.calls).toEqual([[JSON.stringify({ event: 'exception', data: BODY })]]);
  });

  it.each(['rmq', 'telegraf', 'command'])(
    'is no result of a handler in a context of another package, which would take its message for done: %s',
    async (kind) => {
      await expect(called(kind)).rejects.toBe(thrown);
    },
  );

  it('gives GraphQL an error with the code among its extensions', async () => {
    const answer = await called('graphql');
    expect(answer).toBeInstanceOf(Error);
    expect(answer).toMatchObject({ message: BODY.message, extensions: { code: 'ORDER_NOT_FOUND', retryable: true } });
  });

  it('says no more of the configuration of this server than over HTTP', async () => {
    thrown = new BankCardOcrError('CONFIGURATION', { message: 'the app id does not exist' });
    await expect(called('graphql')).resolves.toMatchObject({ message: 'internal server error' });
  });

  it('leaves other errors to Nest', async () => {
    thrown = new Error('not one of the library');
    await expect(called('rpc')).rejects.toThrow('not one of the library');
  });
});
