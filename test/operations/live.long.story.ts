import { connect } from 'node:net';
import type { CallHandler, ExecutionContext, NestInterceptor, Provider } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { BankCardOcrOpsModule } from 'nestjs-bankcard-ocr/ops';
import { BankCardOcrTestingModule, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { map, type Observable } from 'rxjs';
import { closeAll, credentialsOf, type Follower, PLATFORMS, serve, type Stage } from './operations-stage.js';

afterEach(closeAll);

/** Wraps whatever a handler returns, files too, as interceptors of many backends do. */
class EnvelopeInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<object> {
    return next.handle().pipe(map((data: unknown) => ({ success: true, data })));
  }
}

describe.each(PLATFORMS)('the live feed on %s', (platform) => {
  const started = async (options = {}, providers: Provider[] = []): Promise<Stage> => {
    const imports = [
      BankCardOcrTestingModule.forRoot({ sandbox: { unknownOrders: 'invent' } }),
      BankCardOcrTestingModule.forRoot({ name: 'loans' }),
      BankCardOcrOpsModule.forRoot(options),
    ];
    const stage = await serve(platform, { imports, providers });
    await credentialsOf(stage.application);
    return stage;
  };
  const query = ({ application }: Stage) => application.get(OcrResultService).query('order1');

  it('begins with how the credentials are, and tells every exchange and event as it happens', async () => {
    const stage = await started();
    const follower = await stage.follow();
    expect(follower.response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(follower.response.headers.get('cache-control')).toBe('no-store, no-transform');
    const start = await follower.line(({ type }) => type === 'start');
    expect(start.credentials).toMatchObject([{ account: null, state: 'fresh', generation: 1 }, { account: 'loans' }]);
    await query(stage);
    const exchange = await follower.line(({ endpoint }) => endpoint === 'getBankCardOcrResult');
    expect(exchange).toMatchObject({ type: 'exchange', account: null, outcome: 'OK', attempt: 1 });
    await stage.post('/ops/refresh?account=loans');
    const updated = await follower.line(({ event, account, generation }) => {
      return event === 'credentials-updated' && account === 'loans' && generation === 2;
    });
    expect(updated).toMatchObject({ type: 'credentials', source: 'refresh' });
    follower.leave();
  });

  it('begins with past exchanges, if it is asked to: none is lost between a list and the feed', async () => {
    const stage = await started();
    await query(stage);
    const { body } = await stage.ask('/ops/exchanges?limit=2');
    const [follower, bare] = [await stage.follow('?limit=2'), await stage.follow()];
    const start = await follower.line(({ type }) => type === 'start');
    expect(start.exchanges).toHaveLength(2);
    expect(start.exchanges).toEqual(body.exchanges);
    expect(await bare.line(({ type }) => type === 'start')).not.toHaveProperty('exchanges');
    for (const limit of ['0', '1001', 'many']) expect((await stage.ask(`/ops/live?limit=${limit}`)).status).toBe(400);
    follower.leave();
    bare.leave();
  });

  it('tells of one account only, if it is asked to', async () => {
    const stage = await started();
    const follower = await stage.follow('?account=loans');
    await follower.line(({ type }) => type === 'start');
    await query(stage);
    await stage.post('/ops/refresh?account=loans');
    await follower.line(({ account, generation, endpoint }) => {
      return account === 'loans' && generation === 2 && endpoint === undefined;
    });
    expect(follower.lines.slice(1).filter(({ account }) => account !== 'loans')).toEqual([]);
    follower.leave();
  });

  it('ends with the application, which does not wait for it', async () => {
    const stage = await started();
    const followers = [await stage.follow(), await stage.follow()];
    await Promise.all(followers.map((one) => one.line(({ type }) => type === 'start')));
    await stage.application.close();
    for (const { ended, lines } of followers) {
      await ended;
      expect(lines.at(-1)).toEqual({ type: 'end', reason: 'shutdown' });
    }
  });

  it('does not hold up the end of the application when a client does not read', async () => {
    const stage = await started();
    const { hostname, port } = new URL(stage.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined);
    socket.write('GET /internal/ops/live HTTP/1.1\r\nhost: here\r\nx-key: operator\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    socket.pause();
    const gone = new Promise((resolve) => socket.once('close', resolve));
    await stage.application.close();
    socket.resume();
    await gone;
  });

  it('has room for so many clients, and again when one has left', async () => {
    const stage = await started({ maxLiveClients: 1 });
    const first = await stage.follow();
    await first.line(({ type }) => type === 'start');
    const refused = await stage.follow();
    expect(refused.response.status).toBe(503);
    await refused.response.text();
    first.leave();
    await first.ended;
    let next: Follower = await stage.follow();
    while (next.response.status === 503) {
      await next.response.text();
      next = await stage.follow();
    }
    expect(next.response.status).toBe(200);
    next.leave();
  });

  it('is not wrapped by a global interceptor, which wraps the other routes', async () => {
    const stage = await started({}, [{ provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor }]);
    const { body } = await stage.ask('/ops/accounts');
    expect(body).toMatchObject({ success: true, data: { accounts: [{ account: null }, { account: 'loans' }] } });
    const follower = await stage.follow();
    expect(follower.response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(follower.response.headers.get('cache-control')).toBe('no-store, no-transform');
    await follower.line(({ type }) => type === 'start');
    await query(stage);
    await follower.line(({ endpoint }) => endpoint === 'getBankCardOcrResult');
    follower.leave();
  });

  it('answers HEAD without going on for ever', async () => {
    const stage = await started();
    const { status } = await stage.ask('/ops/live', { method: 'HEAD' });
    expect(status).toBe(200);
    expect(stage.application.get(KycSandbox).violations()).toEqual([]);
  });
});
