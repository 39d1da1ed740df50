import type { KycSandbox, KycSandboxOptions } from 'nestjs-bankcard-ocr/testing';
import { Worker } from './worker.js';

/** What a sandbox in another process reports. */
export type SandboxReport = Pick<KycSandbox, 'calls' | 'rejected' | 'connections'> & {
  readonly misuse: ReturnType<KycSandbox['misuse']>;
  readonly recoveries: ReturnType<KycSandbox['recoveries']>;
};

/** A sandbox that runs in a process of its own. */
export interface SandboxProcess {
  readonly appId: string;
  readonly secret: string;
  readonly url: string;
  report(): Promise<SandboxReport>;
  stop(): Promise<void>;
}

/** @param options must survive JSON */
export async function startSandboxProcess(options: Omit<KycSandboxOptions, 'clock'> = {}): Promise<SandboxProcess> {
  const worker = Worker.start('sandbox.worker', { SANDBOX_OPTIONS: JSON.stringify(options) });
  const identity = JSON.parse(await worker.line('ready ')) as Pick<SandboxProcess, 'appId' | 'secret' | 'url'>;
  return {
    ...identity,
    report: async () => {
      const report = worker.nextLine('report ');
      worker.tell('report');
      return JSON.parse(await report) as SandboxReport;
    },
    stop: async () => {
      worker.tell('stop');
      await worker.exited;
    },
  };
}
