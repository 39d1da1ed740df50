import { readServerSettings } from './server-settings.js';

describe('readServerSettings', () => {
  it('has a default for everything', () => {
    expect(readServerSettings({ PORT: '', HOST: ' ' })).toEqual({
      settings: { port: 3000, host: '0.0.0.0', logger: ['fatal', 'error', 'warn', 'log'], shutdownDelayMs: 5_000 },
      faults: [],
    });
  });

  it('reads every variable', () => {
    const env = { PORT: '0', HOST: '::1', LOG_LEVEL: 'error', DEMO_SHUTDOWN_DELAY_MS: '0' };
    expect(readServerSettings(env)).toEqual({
      settings: { port: 0, host: '::1', logger: ['fatal', 'error'], shutdownDelayMs: 0 },
      faults: [],
    });
    expect(readServerSettings({ LOG_LEVEL: 'verbose' }).settings.logger).toHaveLength(6);
  });

  it.each(['-1', '65536', '3000.5', 'http', '0x10', '1e3'])('PORT %p is a fault', (PORT) => {
    expect(readServerSettings({ PORT }).faults).toEqual(['PORT: must be 0 (any free port) to 65535']);
  });

  it('has metrics only with a port for them, on this machine only unless told otherwise', () => {
    const metricsOf = (env: Record<string, string>) => readServerSettings(env).settings.metrics;
    expect(metricsOf({ DEMO_METRICS_HOST: '::' })).toBeUndefined();
    expect(metricsOf({ DEMO_METRICS_PORT: '9464' })).toEqual({ port: 9464, host: '127.0.0.1' });
    expect(metricsOf({ DEMO_METRICS_PORT: '0', DEMO_METRICS_HOST: '::' })).toEqual({ port: 0, host: '::' });
    expect(readServerSettings({ DEMO_METRICS_PORT: 'on' }).faults).toEqual([
      'DEMO_METRICS_PORT: must be 0 (any free port) to 65535',
    ]);
  });

  it.each(['-1', '600001', '5s', '1.5'])('DEMO_SHUTDOWN_DELAY_MS %p is a fault', (DEMO_SHUTDOWN_DELAY_MS) => {
    expect(readServerSettings({ DEMO_SHUTDOWN_DELAY_MS }).faults).toEqual([
      'DEMO_SHUTDOWN_DELAY_MS: must be a number of milliseconds, 0 to 600000',
    ]);
  });

  it('a wrong LOG_LEVEL is a fault that lists the levels', () => {
    expect(readServerSettings({ LOG_LEVEL: 'INFO' }).faults).toEqual([
      'LOG_LEVEL: must be one of error, warn, log, debug, verbose',
    ]);
  });
});
