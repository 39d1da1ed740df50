import type { Observable } from 'rxjs';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../../errors/configuration-error.js';
import { isPackageMissing } from '../../runtime/missing-package.js';

/** What is used of `@nestjs/axios`, without its type: whoever goes without that package could not compile then. */
export interface HttpServiceLike {
  request(config: object): Observable<unknown>;
  readonly axiosRef?: { readonly defaults: object } | undefined;
}

/** Whether an application's own instance says how connections are made: with agents, or through a proxy. */
export function definesRoute(http: HttpServiceLike): boolean {
  // A stand-in need not have axios behind it.
  const defaults: { httpAgent?: unknown; httpsAgent?: unknown; proxy?: unknown } | undefined = http.axiosRef?.defaults;
  return [defaults?.httpAgent, defaults?.httpsAgent, defaults?.proxy].some((one) => one !== undefined);
}

/** What is used of the packages below the transport `http-service`, without their own types for the same reason. */
export interface AxiosPackages {
  readonly HttpService: new (instance: never) => HttpServiceLike;
  readonly Axios: new (defaults: never) => { request(config: never): Promise<unknown> };
}

/** The imports are inside `try` for bundlers, as that of ioredis is. @throws {@link BankCardOcrConfigurationError} */
export async function loadAxios(): Promise<AxiosPackages> {
  try {
    const nest = await import('@nestjs/axios');
    const axios = await import('axios');
    return { HttpService: nest.HttpService, Axios: axios.Axios };
  } catch (error) {
    if (!isPackageMissing(error, /\baxios\b/)) throw error;
    const problem = new Problem(
      "'http-service' needs the packages @nestjs/axios and axios: npm install @nestjs/axios axios (@nestjs/axios@4 on " +
        "Nest 11). Or leave it out: 'undici' needs no package of yours",
      "'http-service' 需要 @nestjs/axios 和 axios 两个包：npm install @nestjs/axios axios（Nest 11 用 @nestjs/axios@4）。" +
        "也可以不设置：'undici' 无需另装包",
    );
    throw new BankCardOcrConfigurationError(
      [configurationIssue('transport', problem, 'BANKCARD_OCR_TRANSPORT')],
      error,
    );
  }
}
