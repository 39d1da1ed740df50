import type { Type } from '@nestjs/common';
import {
  BankCardOcrModule,
  getBankCardOcrToken,
  InjectBankCardOcr,
  OcrResultService,
  SecretText,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { BankCardOcrTestingModule, getSandboxInjectionToken, KycSandbox } from 'nestjs-bankcard-ocr/testing';

// What must not compile. An expectation that nothing fulfils is an error itself; right-options.ts has the same things right.

const account = { appId: 'IDAXXXXX', secret: 'of the app id' };

export const registrations = () => [
  // @ts-expect-error there is no such option
  BankCardOcrModule.forRoot({ ...account, timeout: 5_000 }),
  // @ts-expect-error no secret
  BankCardOcrModule.forRoot({ appId: 'IDAXXXXX' }),
  // @ts-expect-error no app id
  BankCardOcrModule.forRoot({ secret: 'of the app id' }),
  // @ts-expect-error no such transport
  BankCardOcrModule.forRoot({ ...account, transport: 'axios' }),
  // @ts-expect-error no such policy
  BankCardOcrModule.forRoot({ ...account, warningPolicy: 'lenient' }),
  // @ts-expect-error a policy decides in two words
  BankCardOcrModule.forRoot({ ...account, warningPolicy: () => true }),
  // @ts-expect-error milliseconds, not a text
  BankCardOcrModule.forRoot({ ...account, timeoutMs: '5s' }),
  // @ts-expect-error no such role
  BankCardOcrModule.forRoot({ ...account, role: 'leader' }),
  // @ts-expect-error no such parameter
  BankCardOcrModule.forRoot({ ...account, appIdFields: { queryResult: 'app-id' } }),
  // @ts-expect-error a store is an address or a TicketStore
  BankCardOcrModule.forRoot({ ...account, ticketStore: new Map() }),
  // @ts-expect-error a name is a text
  BankCardOcrModule.forRoot({ ...account, name: 1 }),
  // @ts-expect-error no options
  BankCardOcrModule.forRoot(),
  // @ts-expect-error the factory gives no secret
  BankCardOcrModule.forRootAsync({ useFactory: () => ({ appId: 'IDAXXXXX' }) }),
  // @ts-expect-error the factory gives a wrong transport
  BankCardOcrModule.forRootAsync({ useFactory: () => ({ ...account, transport: 'axios' }) }),
  // @ts-expect-error not a factory of options
  BankCardOcrModule.forRootAsync({ useClass: OcrResultService }),
  // @ts-expect-error no such behaviour
  BankCardOcrTestingModule.forRoot({ sandbox: { unknownOrders: 'guess' } }),
];

export const decorators = () => [
  // @ts-expect-error not a service of a registration
  InjectBankCardOcr(SecretText, 'loans'),
  // @ts-expect-error a service, not its name
  InjectBankCardOcr('OcrResultService', 'loans'),
  // @ts-expect-error the service comes first
  InjectBankCardOcr('loans'),
  // @ts-expect-error a sandbox has a token of its own
  getBankCardOcrToken(KycSandbox, 'loans'),
];

/** Of the tokens only: what `app.get()` gives is for its caller to say, by Nest's own types. */
export async function calls(results: OcrResultService): Promise<unknown[]> {
  // @ts-expect-error another service than the token's
  const tickets: Type<TicketService> = getBankCardOcrToken(OcrResultService, 'loans');
  // @ts-expect-error a sandbox, not a service
  const service: Type<OcrResultService> = getSandboxInjectionToken('loans');
  // @ts-expect-error there is no such option of a call
  const result = await results.query('order1', { retries: 3 });
  // @ts-expect-error not a text: the whole number is only to be had by reveal()
  const cardNumber: string = result.cardNumber;
  // @ts-expect-error a result cannot be changed
  result.orderNo = 'order2';
  return [tickets, service, cardNumber];
}
