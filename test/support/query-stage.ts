import type { BankCardOcrOptions } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startOnMovedTime, type TestApplication } from './application.js';
import { atRest, type Scene } from './passing-time.js';

/** An application and a sandbox that knows only the orders it is told of, on one clock, which only the test moves. */
export interface QueryStage {
  readonly clock: ManualClock;
  readonly sandbox: KycSandbox;
  readonly app: TestApplication;
  readonly scene: Scene;
}

let stage: QueryStage | undefined;

/** Begin, with credentials that are there already. */
export async function beginStage(change: Partial<BankCardOcrOptions> = {}): Promise<QueryStage> {
  const clock = new ManualClock();
  const sandbox = await KycSandbox.start({ clock });
  const app = await startOnMovedTime(sandbox, { clock, ...change });
  stage = { clock, sandbox, app, scene: { clock, sandbox, tickets: [app.tickets] } };
  await atRest(stage.scene);
  return stage;
}

/** To be called after each test. No timer may be left, however short. */
export async function endStage(): Promise<void> {
  if (!stage) return;
  const { clock, sandbox, app } = stage;
  stage = undefined;
  // What hangs for good in a test must not hold its end up.
  sandbox.clearFaults();
  await app.application.close();
  await sandbox.stop();
  expect(clock.pendingTimers).toBe(0);
}
