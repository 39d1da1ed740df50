import { readServerSettings } from './server-settings.js';

describe('readServerSettings', () => {
  it('has a default for everything', () => {
    expect(readServerSettings({ PORT: '', HOST: ' ' })).toEqual({
      settings: { port: 3000, host: '0.0.0.0', logger: ['fatal', 'error', 'warn', 'log'] },
      faults: [],
    });
  });

  it('reads every variable', () => {
    expect(readServerSettings({ PORT: '0', HOST: '::1', LOG_LEVEL: 'error' })).toEqual({
      settings: { port: 0, host: '::1', logger: ['fatal', 'error'] },
      faults: [],
    });
    expect(readServerSettings({ LOG_LEVEL: 'verbose' }).settings.logger).toHaveLength(6);
  });

  it.each(['-1', '65536', '3000.5', 'http', '0x10', '1e3'])('PORT %p is a fault', (PORT) => {
    expect(readServerSettings({ PORT }).faults).toEqual(['PORT: must be 0 (any free port) to 65535']);
  });

  it('a wrong LOG_LEVEL is a fault that lists the levels', () => {
    expect(readServerSettings({ LOG_LEVEL: 'INFO' }).faults).toEqual([
      'LOG_LEVEL: must be one of error, warn, log, debug, verbose',
    ]);
  });
});
