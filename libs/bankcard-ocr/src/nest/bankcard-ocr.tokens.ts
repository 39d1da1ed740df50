import { type Abstract, Inject, type Type } from '@nestjs/common';
import { type AccountName, checkAccountName } from '../account/account-name.js';
import { isLoadedTwice } from '../account/account-registry.js';
import { BANKCARD_OCR_SERVICES, type Token } from '../account/create-client.js';
import { TicketStore } from '../credentials/store/ticket-store.js';
import { Telemetry } from '../telemetry/instrumentation.js';
import { Clock } from '../runtime/clock.js';
import { Transport } from '../vendor/http/transport.js';

const LOADED_TWICE =
  'Two copies of nestjs-bankcard-ocr are loaded, and a class of one is none of the other: load the library by ' +
  'require() everywhere, or by import everywhere, and install it once.';

const NAMED: ReadonlySet<unknown> = new Set([...BANKCARD_OCR_SERVICES, TicketStore, Transport, Clock, Telemetry]);

type BankCardOcrService = InstanceType<(typeof BANKCARD_OCR_SERVICES)[number]>;

/**
 * A class for each service and name, so that what is got with it has its type, and Nest's errors name it. By the class
 * itself: bundlers that minify call different classes alike.
 */
const TOKENS = new Map<Token | Abstract<unknown>, Map<string, Type>>();

/**
 * The token by which a service of a registration is injected, or overridden in a test; without a name, the class.
 * @param service e.g. `OcrResultService`; for overriding also `TicketStore`, `Transport` and `Clock`
 * @throws {@link BankCardOcrConfigurationError} when the name cannot be one; `TypeError` when there is no such service
 * @example
 * app.get(getBankCardOcrToken(OcrResultService, 'loans')); // an OcrResultService
 */
export function getBankCardOcrToken<Service extends BankCardOcrService | TicketStore | Transport | Clock>(
  service: Token<Service>,
  name?: string,
): Type<Service> {
  if (!NAMED.has(service)) {
    const known = BANKCARD_OCR_SERVICES.map((one) => one.name).join(', ');
    const message = `getBankCardOcrToken() and @InjectBankCardOcr() take one of ${known} as their first argument.`;
    throw new TypeError(isLoadedTwice() ? `${message} ${LOADED_TWICE}` : message);
  }
  if (name !== undefined) checkAccountName(name);
  return tokenNamed(service, name) as Type<Service>;
}

/** The token of a class and a name that were checked; without a name the class itself. */
export function tokenNamed(service: Token | Abstract<unknown>, name: AccountName): Token | Abstract<unknown> {
  if (name === undefined) return service;
  const ofService = TOKENS.get(service) ?? new Map<string, Type>();
  TOKENS.set(service, ofService);
  const token = ofService.get(name) ?? tokenClass(`${service.name} of '${name}'`);
  ofService.set(name, token);
  return token;
}

function tokenClass(name: string): Type {
  const token = class {
    constructor() {
      throw new TypeError(`${name} is a token for injection, not a class to make objects of.`);
    }
  };
  return Object.defineProperty(token, 'name', { value: name });
}

/**
 * Inject a service of the registration with this name. @throws what {@link getBankCardOcrToken} throws
 * @example
 * constructor(@InjectBankCardOcr(OcrResultService, 'loans') private readonly ocr: OcrResultService) {}
 */
export function InjectBankCardOcr<Service extends BankCardOcrService>(
  service: Type<Service>,
  name?: string,
): ParameterDecorator & PropertyDecorator {
  return Inject(getBankCardOcrToken(service, name));
}
