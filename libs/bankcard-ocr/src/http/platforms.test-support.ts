import type { INestApplication, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

/** The HTTP platforms that everything in this folder has to work on. */
export const PLATFORMS = ['express', 'fastify'] as const;

/** What a client of a {@link TestServer} got. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is something else. */
  readonly json: unknown;
}

/** A controller behind real HTTP. */
export interface TestServer {
  get(path: string): Promise<Answer>;
  /** Send JSON. */
  post(path: string, body: unknown): Promise<Answer>;
  close(): Promise<void>;
}

/** Serve controllers on a free port; `setUp` binds what is to be tested. */
export async function serve(
  platform: (typeof PLATFORMS)[number],
  controllers: Type[],
  setUp: (application: INestApplication) => unknown = () => undefined,
  providers: NonNullable<Parameters<typeof Test.createTestingModule>[0]['providers']> = [],
): Promise<TestServer> {
  const testing = await Test.createTestingModule({ controllers, providers }).compile();
  testing.useLogger(false);
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const application = testing.createNestApplication(adapter);
  setUp(application);
  await application.listen(0, '127.0.0.1');
  const url = await application.getUrl();
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const json: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };
  return {
    get: (path) => ask(path),
    post: (path, body) => {
      return ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    },
    close: () => application.close(),
  };
}
