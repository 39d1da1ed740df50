import { AsyncLocalStorage } from 'node:async_hooks';

const API = Symbol.for('opentelemetry.js.api.1');
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const BAGGAGE = Symbol.for('OpenTelemetry Baggage Key');

/** A context as OpenTelemetry has them: never changed, only replaced. */
class TraceContext {
  constructor(private readonly values: ReadonlyMap<symbol, unknown> = new Map()) {}

  getValue(key: symbol): unknown {
    return this.values.get(key);
  }

  setValue(key: symbol, value: unknown): TraceContext {
    return new TraceContext(new Map(this.values).set(key, value));
  }

  deleteValue(key: symbol): TraceContext {
    return new TraceContext(new Map([...this.values].filter(([other]) => other !== key)));
  }
}

/** What a tracer would see at one moment. */
export interface Sighting {
  readonly suppressed: boolean;
  readonly span: unknown;
  readonly baggage: unknown;
}

/** The tracing of an application, registered as `@opentelemetry/api` registers it, with the context manager of its SDK. */
export class ApplicationTracing implements Disposable {
  readonly #storage = new AsyncLocalStorage<TraceContext>();

  constructor() {
    const context = {
      active: () => this.#active,
      with: <T>(next: TraceContext, run: () => T): T => this.#storage.run(next, run),
    };
    Object.defineProperty(globalThis, API, { value: { version: '1.9.0', context }, configurable: true });
  }

  /** Run something in a span of the application. */
  inSpan<T>(span: string, run: () => T): T {
    return this.#storage.run(this.#active.setValue(SPAN, span).setValue(BAGGAGE, 'baggage'), run);
  }

  /** Look, as an instrumentation does that begins a span. */
  look(): Sighting {
    const active = this.#active;
    const suppressed = active.getValue(SUPPRESSED) === true;
    return { suppressed, span: active.getValue(SPAN), baggage: active.getValue(BAGGAGE) };
  }

  get #active(): TraceContext {
    return this.#storage.getStore() ?? new TraceContext();
  }

  [Symbol.dispose](): void {
    delete (globalThis as { [API]?: unknown })[API];
  }
}
