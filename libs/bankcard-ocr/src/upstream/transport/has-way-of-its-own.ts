import type { HttpService } from '@nestjs/axios';

/** Whether an application's own instance says how connections are made: with agents, or through a proxy. */
export function hasWayOfItsOwn(http: HttpService): boolean {
  // A stand-in need not have axios behind it.
  const defaults = (http as Partial<HttpService>).axiosRef?.defaults;
  return [defaults?.httpAgent, defaults?.httpsAgent, defaults?.proxy].some((one) => one !== undefined);
}
