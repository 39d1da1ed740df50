export const ENDPOINT_NAMES = ['access_token', 'api_ticket', 'getBankCardOcrResult', 'bankcardocrapp'] as const;

/** The endpoints of the vendor that the sandbox serves, by their last path segment. */
export type EndpointName = (typeof ENDPOINT_NAMES)[number];

/** Paths of protocol.md section 1. */
export const ENDPOINT_PATHS: Readonly<Record<EndpointName, string>> = {
  access_token: '/api/oauth2/access_token',
  api_ticket: '/api/oauth2/api_ticket',
  getBankCardOcrResult: '/api/server/getBankCardOcrResult',
  bankcardocrapp: '/api/paas/bankcardocrapp',
};

/** The only method that each of them knows. */
export const ENDPOINT_METHODS: Readonly<Record<EndpointName, 'GET' | 'POST'>> = {
  access_token: 'GET',
  api_ticket: 'GET',
  getBankCardOcrResult: 'GET',
  bankcardocrapp: 'POST',
};
