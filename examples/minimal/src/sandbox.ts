import { KycSandbox, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { serve } from './serve.js';

/** The same backend on a vendor of this machine, whose cards are invented. For trying it out only. */
const sandbox = await KycSandbox.start();
// Nothing of a real configuration is left: neither the vendor is asked nor its credentials are touched.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('BANKCARD_OCR_')) delete process.env[name];
}
process.env['BANKCARD_OCR_APP_ID'] = sandbox.appId;
process.env['BANKCARD_OCR_SECRET'] = sandbox.secret;
process.env['BANKCARD_OCR_BASE_URL'] = sandbox.url;
process.env['BANKCARD_OCR_TICKET_STORE'] = 'memory:';

const url = await serve();
const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;
console.log(`listening on ${url}`);
for (const orderNo of [clean, warned, orderNoForCode('-9012')]) console.log(`  curl ${url}/bank-cards/${orderNo}`);
