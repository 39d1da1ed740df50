import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  BadRequestException,
  Get,
  Header,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Post,
  Query,
  Req,
  Res,
  ServiceUnavailableException,
  StreamableFile,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ObservedAccount } from './observed-accounts.js';
import { LiveFeed } from './live-feed.js';
import { OperationsService, type RefreshOutcome } from './operations.service.js';

const DEFAULT_EXCHANGES = 100;
const MOST_EXCHANGES = 1_000;

/** Fastify wraps what Express extends. */
type Wrapped<T> = T | { readonly raw: T };

/**
 * The routes for operators, as an ordinary controller: guards, pipes, interceptors, filters and prefix of the application
 * apply. It gets its path where it is mounted.
 */
export class OperationsController {
  constructor(
    @Inject(OperationsService) private readonly operations: OperationsService,
    @Inject(LiveFeed) private readonly feed: LiveFeed,
    @Inject(HttpAdapterHost) private readonly server: HttpAdapterHost,
  ) {}

  @Get('accounts')
  @Header('cache-control', 'no-store')
  accounts(): object {
    return { accounts: this.operations.accounts() };
  }

  @Get('credentials')
  @Header('cache-control', 'no-store')
  async credentials(@Query('account') account?: string): Promise<object> {
    return { credentials: await this.operations.credentials(this.#accounts(account)) };
  }

  @Get('exchanges')
  @Header('cache-control', 'no-store')
  exchanges(@Query('account') account?: string, @Query('limit') limit?: string): object {
    return { exchanges: this.operations.exchanges(this.#accounts(account), readLimit(limit, DEFAULT_EXCHANGES)) };
  }

  /**
   * Newline-delimited JSON that goes on until the client leaves or the application ends. Its first line has as many past
   * exchanges as are asked for, so that none is lost between a list and the feed, and none comes twice. It is not returned:
   * interceptors that wrap every response would turn it into an object, and its place would never be free again.
   */
  @Get('live')
  @Header('cache-control', 'no-store, no-transform')
  @Header('x-accel-buffering', 'no')
  follow(
    @Query('account') name: string | undefined,
    @Query('limit') limit: string | undefined,
    @Req() request: unknown,
    @Res() response: unknown,
  ): void {
    const accounts = this.#accounts(name);
    const past = readLimit(limit, 0);
    const { method, httpVersionMajor } = rawOf(request as Wrapped<IncomingMessage>);
    const send = (body: Readable): void => {
      const file = new StreamableFile(body, { type: 'application/x-ndjson; charset=utf-8' });
      this.server.httpAdapter.reply(response, file, HttpStatus.OK);
    };
    if (method === 'HEAD') return send(Readable.from([]));
    if (this.feed.isEnded) throw new ServiceUnavailableException('the application is closing');
    if (this.feed.isFull)
      throw new ServiceUnavailableException('too many clients follow the live feed; close another one');
    const outgoing = rawOf(response as Wrapped<ServerResponse>);
    // An idle connection would delay the end of the server. HTTP/2 has no such header.
    if (httpVersionMajor === 1) outgoing.setHeader('connection', 'close');
    const start = {
      type: 'start' as const,
      credentials: this.operations.statuses(accounts),
      ...(past > 0 && { exchanges: this.operations.exchanges(accounts, past) }),
    };
    const wants = readAccount(name);
    send(this.feed.connect(outgoing, start, (account) => wants === undefined || account === wants));
  }

  /** Fetch new credentials for an account. The current ones expire one overlap later, for every process. */
  @Post('refresh')
  @HttpCode(HttpStatus.OK)
  @Header('cache-control', 'no-store')
  async refresh(@Query('account') account?: string): Promise<RefreshOutcome> {
    return this.operations.refresh(this.#oneAccount(account));
  }

  /** Try to write the store and to take its lease, as `doctor` does. */
  @Post('store-check')
  @HttpCode(HttpStatus.OK)
  @Header('cache-control', 'no-store')
  async checkStore(@Query('account') name?: string): Promise<object> {
    const account = this.#oneAccount(name);
    return { account: account.name, ...(await this.operations.checkStore(account)) };
  }

  /** All accounts, or those of the name that is given. */
  #accounts(given: unknown): ObservedAccount[] {
    const name = readAccount(given);
    const found = this.operations.find(name);
    if (found.length === 0 && name !== undefined) throw new NotFoundException('no account of this name is in use');
    return found;
  }

  /** The one that is named; without a name the one that has none, or the only one. */
  #oneAccount(given: unknown): ObservedAccount {
    const found = this.#accounts(given);
    const [one] = readAccount(given) === undefined && found.length > 1 ? this.operations.find(null) : found;
    if (one) return one;
    if (found.length === 0) throw new NotFoundException('no account is in use');
    throw new BadRequestException('there are several accounts: name one of them in the query parameter account');
  }
}

/** The name in a query; null for the account without a name (`?account=`), undefined for none. */
function readAccount(given: unknown): string | null | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'string') throw new BadRequestException('account must be given once');
  return given === '' ? null : given;
}

function readLimit(given: unknown, otherwise: number): number {
  if (given === undefined) return otherwise;
  const limit = typeof given === 'string' && /^\d{1,4}$/.test(given) ? Number(given) : Number.NaN;
  if (limit >= 1 && limit <= MOST_EXCHANGES) return limit;
  throw new BadRequestException(`limit must be a whole number from 1 to ${MOST_EXCHANGES}`);
}

function rawOf<T>(wrapped: Wrapped<T>): T {
  return typeof wrapped === 'object' && wrapped !== null && 'raw' in wrapped ? wrapped.raw : wrapped;
}
