import type { KycSandbox, KycSandboxOptions, SandboxFault } from 'nestjs-bankcard-ocr/testing';
import { Worker } from './worker.js';

/** What a sandbox in another process reports. */
export type SandboxReport = Pick<KycSandbox, 'calls' | 'rejected' | 'connections'> & {
  readonly misuse: ReturnType<KycSandbox['violations']>;
};

/** A sandbox that runs in a process of its own. */
export class SandboxProcess {
  #lastCommand: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly worker: Worker,
    readonly appId: string,
    readonly secret: string,
    readonly url: string,
  ) {}

  /** @param options must survive JSON */
  static async start(options: Omit<KycSandboxOptions, 'clock'> = {}): Promise<SandboxProcess> {
    const worker = Worker.start('sandbox.worker', { SANDBOX_OPTIONS: JSON.stringify(options) });
    const { appId, secret, url } = JSON.parse(await worker.line('ready ')) as SandboxProcess;
    return new SandboxProcess(worker, appId, secret, url);
  }

  report(): Promise<SandboxReport> {
    return this.#call('report');
  }

  addOrder(order: Parameters<KycSandbox['addOrder']>[0]): Promise<void> {
    return this.#call('addOrder', order);
  }

  configure(change: Parameters<KycSandbox['configure']>[0]): Promise<void> {
    return this.#call('configure', change);
  }

  injectFault(fault: SandboxFault): Promise<void> {
    return this.#call('injectFault', fault);
  }

  clearFaults(): Promise<void> {
    return this.#call('clearFaults');
  }

  killCredentials(): Promise<void> {
    return this.#call('killCredentials');
  }

  foreignRefresh(): Promise<void> {
    return this.#call('foreignRefresh');
  }

  /** @returns the new secret */
  changeSecret(): Promise<string> {
    return this.#call('changeSecret');
  }

  async stop(): Promise<void> {
    this.worker.tell(JSON.stringify({ method: 'stop', args: [] }));
    await this.worker.exited;
  }

  /** One after the other, because answers are told apart by their order only. */
  #call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    const called = this.#lastCommand.then(async () => {
      const answer = this.worker.nextLine('done ');
      this.worker.tell(JSON.stringify({ method, args }));
      const text = await answer;
      return (text === '' ? undefined : JSON.parse(text)) as T;
    });
    this.#lastCommand = called.catch(() => undefined);
    return called;
  }
}
