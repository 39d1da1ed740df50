import type { KycSandbox } from 'nestjs-bankcard-ocr/testing';

/**
 * Make the library's configuration name the sandbox. Whatever was set before goes, all of it: a real host must not be
 * asked, and a real ticket store must not be written to.
 */
export function pointAtSandbox(env: NodeJS.ProcessEnv, { appId, secret, url }: KycSandbox): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith('BANKCARD_OCR_')) delete env[name];
  }
  env['BANKCARD_OCR_APP_ID'] = appId;
  env['BANKCARD_OCR_SECRET'] = secret;
  env['BANKCARD_OCR_BASE_URL'] = url;
  env['BANKCARD_OCR_TICKET_STORE'] = 'memory:';
}
