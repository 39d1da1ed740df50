import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApplicationTracing } from '../../../../test/support/application-tracing.js';
import { inCallersContext, untraced } from './tracing-suppression.js';

describe('untraced', () => {
  it('runs what it is given, where no application traces', () => {
    expect(untraced(() => 'done')).toBe('done');
    const callback = (): void => undefined;
    expect(inCallersContext(callback)).toBe(callback);
  });

  it('runs what it is given, where tracing is registered without a context manager', () => {
    const key = Symbol.for('opentelemetry.js.api.1');
    const global = globalThis as { [key]?: unknown };
    global[key] = { version: '1.9.0', trace: {} };
    expect(untraced(() => 'done')).toBe('done');
    delete global[key];
  });

  describe('in an application that traces', () => {
    let tracing: ApplicationTracing;
    // Registered after the library was loaded, as it may be.
    beforeEach(() => (tracing = new ApplicationTracing()));
    afterEach(() => tracing[Symbol.dispose]());

    it('hides what it runs, and takes neither span nor baggage along', () => {
      const seen = tracing.inSpan('request', () => untraced(() => tracing.look()));
      expect(seen).toEqual({ suppressed: true, span: undefined, baggage: undefined });
    });

    it('hides what begins in it later', async () => {
      const later = await untraced(async () => {
        await nextTurn();
        return new Promise((resolve) => setTimeout(() => resolve(tracing.look()), 1));
      });
      expect(later).toMatchObject({ suppressed: true });
    });

    it('leaves the trace of its caller as it is, before and after an await', async () => {
      await tracing.inSpan('request', async () => {
        const running = untraced(async () => nextTurn());
        expect(tracing.look()).toEqual({ suppressed: false, span: 'request', baggage: 'baggage' });
        await running;
        expect(tracing.look()).toEqual({ suppressed: false, span: 'request', baggage: 'baggage' });
      });
    });

    it('passes on what is thrown', () => {
      const fail = (): never => {
        throw new Error('refused');
      };
      expect(() => untraced(fail)).toThrow('refused');
    });

    it('lets callbacks of the caller run in his trace', async () => {
      const sighting = await tracing.inSpan('request', async () => {
        const look = inCallersContext(() => tracing.look());
        return untraced(async () => {
          await nextTurn();
          return look();
        });
      });
      expect(sighting).toMatchObject({ suppressed: false, span: 'request' });
    });
  });
});
