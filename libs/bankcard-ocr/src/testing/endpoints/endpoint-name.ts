export const ENDPOINT_NAMES = ['access_token', 'api_ticket', 'getBankCardOcrResult'] as const;

/** The endpoints of the vendor that the sandbox serves, by their last path segment. */
export type EndpointName = (typeof ENDPOINT_NAMES)[number];

/** Paths of protocol.md section 1. */
export const ENDPOINT_PATHS: Readonly<Record<EndpointName, string>> = {
  access_token: '/api/oauth2/access_token',
  api_ticket: '/api/oauth2/api_ticket',
  getBankCardOcrResult: '/api/server/getBankCardOcrResult',
};
