import { HttpService } from '@nestjs/axios';
import axios, { type AxiosRequestConfig } from 'axios';

type Instance = NonNullable<ConstructorParameters<typeof HttpService>[0]>;

/**
 * Everything that an instance of axios can be told and that a request of ours does not say by itself. As own members of each
 * request they hide what older versions of axios would take from `Object.prototype`.
 */
export const NOTHING_INHERITED = {
  // By its name: else axios would take the one that `axios.defaults` has at that moment.
  adapter: 'http',
  auth: null,
  params: null,
  paramsSerializer: null,
  socketPath: null,
  allowedSocketPaths: null,
  transport: null,
  beforeRedirect: null,
  maxRate: null,
  onUploadProgress: null,
  onDownloadProgress: null,
  responseEncoding: null,
  insecureHTTPParser: null,
  httpVersion: 1,
  http2Options: null,
  transitional: { silentJSONParsing: true, forcedJSONParsing: true, clarifyTimeoutError: false },
} as unknown as AxiosRequestConfig;

/**
 * Make an `HttpService` that shares nothing with the application. `axios.create()` would copy `axios.defaults`, and with
 * them headers, credentials, a socket or an adapter that are meant for other servers.
 */
export function createOwnHttpService(): HttpService {
  const instance = new axios.Axios({});
  // axios has one set of types for each module system, and they do not match each other.
  return new HttpService({ request: instance.request.bind(instance) } as unknown as Instance);
}
