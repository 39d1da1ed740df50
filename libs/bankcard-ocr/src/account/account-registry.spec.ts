import type { ModulesContainer } from '@nestjs/core';
import { registerAccount } from './account-registry.js';

const anApplication = () => ({}) as ModulesContainer;

describe('a registration without a name', () => {
  it('does not conflict with a client of a factory, which is never injected', () => {
    const application = anApplication();
    registerAccount(application, { appId: 'IDA00001', ticketStore: undefined });
    const account = { appId: 'IDA00002', ticketStore: undefined, registration: { name: undefined } };
    expect(() => registerAccount(application, account)).not.toThrow();
  });

  it('conflicts with another one', () => {
    const application = anApplication();
    const registration = { name: undefined };
    registerAccount(application, { appId: 'IDA00001', ticketStore: undefined, registration });
    const account = { appId: 'IDA00002', ticketStore: undefined, registration };
    expect(() => registerAccount(application, account)).toThrow(/name: is missing for two app ids/);
  });
});
