import { type CanActivate, type ExecutionContext, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TicketService } from 'nestjs-bankcard-ocr';

export const PLATFORMS = ['express', 'fastify'] as const;
/** Every route of the operations API. */
export const ROUTES = [
  ['GET', 'accounts'],
  ['GET', 'credentials'],
  ['GET', 'exchanges'],
  ['GET', 'live'],
  ['POST', 'refresh'],
  ['POST', 'store-check'],
] as const;

/** Lets requests pass that carry a key; global, as a team would bind it. */
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
    return headers['x-key'] === 'operator';
  }
}

/** An object in a response; each test says what it expects of it. */
export type Line = Readonly<Record<string, unknown>>;

/** What a client got. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of one of the routes; undefined when it is no JSON. */
  readonly body: Line & Readonly<Record<'accounts' | 'credentials' | 'exchanges', Line[]>>;
}

/** An application of a team that has mounted the operations API. */
export interface Stage {
  readonly application: INestApplication;
  readonly url: string;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  post(path: string): Promise<Answer>;
  follow(query?: string): Promise<Follower>;
}

const open: INestApplication[] = [];

/** Serve modules on a free port, under the prefix `internal`. */
export async function serve(
  platform: (typeof PLATFORMS)[number],
  metadata: ModuleMetadata,
  prepare: (builder: TestingModuleBuilder) => unknown = () => undefined,
): Promise<Stage> {
  const { providers = [] } = metadata;
  const guarded = { ...metadata, providers: [{ provide: APP_GUARD, useClass: KeyGuard }, ...providers] };
  const builder = Test.createTestingModule(guarded);
  prepare(builder);
  const testing = await builder.compile();
  testing.useLogger(false);
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const application = testing.createNestApplication(adapter);
  open.push(application);
  application.setGlobalPrefix('internal');
  await application.listen(0, '127.0.0.1');
  const url = `${await application.getUrl()}/internal`;
  const headers = { 'x-key': 'operator' };
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url + path, { headers, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : undefined) as Answer['body'],
    };
  };
  return {
    application,
    url,
    ask,
    post: (path) => ask(path, { method: 'POST', headers }),
    follow: async (query = '') => {
      const controller = new AbortController();
      const response = await fetch(`${url}/ops/live${query}`, { headers, signal: controller.signal });
      return new Follower(response, controller);
    },
  };
}

/** End what {@link serve} has started; to be called after each test. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((application) => application.close()));
}

/** Wait until an account has credentials. */
export async function credentialsOf(application: INestApplication): Promise<void> {
  await application.get(TicketService, { strict: false }).getCredentials();
}

/** A client of the live feed. */
export class Follower {
  readonly lines: Line[] = [];
  text = '';
  readonly ended: Promise<void>;

  constructor(
    readonly response: Response,
    private readonly controller: AbortController,
  ) {
    this.ended = response.status === 200 ? this.#read() : Promise.resolve();
  }

  leave(): void {
    this.controller.abort();
  }

  /** The first line that fits, when it has come. */
  async line(fits: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(fits);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #read(): Promise<void> {
    let rest = '';
    try {
      for await (const bytes of this.response.body!) {
        const piece = Buffer.from(bytes as Uint8Array).toString();
        this.text += piece;
        const lines = (rest + piece).split('\n');
        rest = lines.pop()!;
        this.lines.push(...lines.map((line) => JSON.parse(line) as Line));
      }
    } catch (error) {
      if (!this.controller.signal.aborted) throw error;
    }
  }
}
