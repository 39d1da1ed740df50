import { type ExceptionFilter, Injectable, Module, UseFilters } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { BankCardOcrTestingModule } from 'nestjs-bankcard-ocr/testing';
import { lastValueFrom, type Observable } from 'rxjs';
import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('docs/errors.md');
afterAll(remove);

const { BankCardOcrFilter } = load('bank-card-ocr.filter.ts') as { BankCardOcrFilter: new () => ExceptionFilter };
const BODY = {
  status: 'error',
  code: 'ORDER_NOT_FOUND',
  message: 'the vendor has no result for this order number',
  retryable: true,
};

@Injectable()
@UseFilters(new BankCardOcrFilter())
class Handlers {
  constructor(private readonly ocr: OcrResultService) {}

  async query(_client: unknown, orderNo: string): Promise<unknown> {
    return this.ocr.query(orderNo);
  }

  async broken(): Promise<unknown> {
    throw new Error('not one of the library');
  }
}

@Module({
  imports: [BankCardOcrTestingModule.forRoot({ module: { waitForResultMs: 1, timeoutMs: 60_000 } })],
  providers: [Handlers],
})
class HandlersModule {}

/** Call a handler as Nest does for a kind of transport: with its filters. */
async function called(kind: string, method: 'query' | 'broken', client: unknown = {}): Promise<unknown> {
  const testing = await Test.createTestingModule({ imports: [HandlersModule] }).compile();
  testing.useLogger(false);
  const app = await testing.init();
  const handlers = app.get(Handlers);
  const creator = app.get(ExternalContextCreator);
  const handler = creator.create(
    handlers,
    handlers[method].bind(handlers) as never,
    method,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    kind,
  );
  try {
    return await (handler as (...args: unknown[]) => Promise<unknown>)(client, 'order1');
  } finally {
    await app.close();
  }
}

describe('the filter of docs/errors.md', () => {
  it('answers the client of a microservice with the code', async () => {
    const answer = (await called('rpc', 'query')) as Observable<unknown>;
    await expect(lastValueFrom(answer)).rejects.toEqual(BODY);
  });

  it('sends the event exception to the client of a gateway', async () => {
    const emit = jest.fn();
    // A gateway is content with a filter that returns nothing; the context of this test goes on to throw.
    await called('ws', 'query', { emit }).catch(() => undefined);
    expect(emit.mock.calls).toEqual([['exception', BODY]]);
  });

  it('gives GraphQL an error with the code among its extensions', async () => {
    const answer = await called('graphql', 'query');
    expect(answer).toBeInstanceOf(Error);
    expect(answer).toMatchObject({ message: BODY.message, extensions: { code: 'ORDER_NOT_FOUND', retryable: true } });
  });

  it('leaves other errors to Nest', async () => {
    await expect(called('rpc', 'broken')).rejects.toThrow('not one of the library');
  });
});
