import { type Abstract, Inject, type Type } from '@nestjs/common';
import { isLoadedTwice } from '../account/library-copies.js';
import { TicketService } from '../credentials/ticket.service.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { RecognitionService } from '../recognition/recognition.service.js';
import { checkAccountName, type AccountName } from '../account/account-name.js';
import { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import { SignatureService } from '../signature/signature.service.js';
import { TicketMetrics } from '../telemetry/ticket-metrics.js';

/** What a registration gives to the application. */
export const BANKCARD_OCR_SERVICES = [
  SignatureService,
  TicketService,
  TicketMetrics,
  OcrResultService,
  RecognitionService,
  SdkLaunchService,
] as const;

/** A service of this library, by its class. */
export type BankCardOcrService = InstanceType<(typeof BANKCARD_OCR_SERVICES)[number]>;

/** A class for each service and name, so that what is got with it has the service's type, and Nest's errors name it. */
const TOKENS = new Map<object, Map<string, Type>>();

/**
 * Tell by which token a service of a registration is injected.
 *
 * @param service e.g. `OcrResultService`
 * @param name of the registration; without one, the service's class is the token
 * @throws {@link BankCardOcrConfigurationError} when there is no such service, or the name cannot be one
 *
 * @example
 * app.get(getBankCardOcrToken(OcrResultService, 'loans')); // an OcrResultService
 */
export function getBankCardOcrToken<Service extends BankCardOcrService>(
  service: Type<Service>,
  name?: string,
): Type<Service> {
  if (!(BANKCARD_OCR_SERVICES as readonly unknown[]).includes(service)) {
    const known = BANKCARD_OCR_SERVICES.map((one) => one.name).join(', ');
    const hint = isLoadedTwice()
      ? ' Two copies of nestjs-bankcard-ocr are loaded, and a class of one is none of the other: load the library by ' +
        'require() everywhere, or by import everywhere, and install it once.'
      : '';
    throw new TypeError(
      `getBankCardOcrToken() and @InjectBankCardOcr() take one of ${known} as their first argument.${hint}`,
    );
  }
  if (name !== undefined) checkAccountName(name);
  return tokenNamed(service, name) as Type<Service>;
}

/** The token of a class and a name that were checked: the same one each time. */
export function tokenNamed(service: Type | Abstract<unknown>, name: AccountName): Type | Abstract<unknown> {
  if (name === undefined) return service;
  const tokens = TOKENS.get(service) ?? new Map<string, Type>();
  TOKENS.set(service, tokens);
  const token = tokens.get(name) ?? tokenClass(`${service.name} of '${name}'`);
  tokens.set(name, token);
  return token;
}

/**
 * Inject a service of a registration.
 *
 * @param service e.g. `OcrResultService`
 * @param name of the registration, as it was given to `forRoot()` or `forRootAsync()`
 * @throws {@link BankCardOcrConfigurationError} as {@link getBankCardOcrToken} does
 *
 * @example
 * constructor(@InjectBankCardOcr(OcrResultService, 'loans') private readonly ocr: OcrResultService) {}
 */
export function InjectBankCardOcr<Service extends BankCardOcrService>(
  service: Type<Service>,
  name?: string,
): ParameterDecorator & PropertyDecorator {
  return Inject(getBankCardOcrToken(service, name));
}

function tokenClass(name: string): Type {
  const token = class {
    constructor() {
      throw new TypeError(`${name} is a token for injection, not a class to make objects of.`);
    }
  };
  Object.defineProperty(token, 'name', { value: name });
  return token;
}
