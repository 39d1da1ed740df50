import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BankCardOcrOptions, FileTicketStore } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startOnMovedTime, type TestApplication } from './application.js';
import { atRest, type Scene } from './passing-time.js';
import { WatchedDisk } from './watched-disk.js';

/** Applications that come and go on one file, with a sandbox and a clock that only the test moves. */
export class Restarts {
  readonly disk = new WatchedDisk();
  #running: TestApplication[] = [];

  private constructor(
    readonly clock: ManualClock,
    readonly sandbox: KycSandbox,
    readonly directory: string,
  ) {}

  static async begin(): Promise<Restarts> {
    const clock = new ManualClock();
    const sandbox = await KycSandbox.start({ clock, unknownOrders: 'invent' });
    return new Restarts(clock, sandbox, await mkdtemp(join(tmpdir(), 'tickets-')));
  }

  /** End all applications and start one anew, on the same file unless `change` says otherwise. */
  async restart(change: Partial<BankCardOcrOptions> = {}): Promise<TestApplication & { scene: Scene }> {
    await this.#closeAll();
    const app = await this.join(change);
    const { clock, sandbox, disk } = this;
    const scene = { clock, sandbox, disk, tickets: [app.tickets] };
    await atRest(scene);
    return { ...app, scene };
  }

  /** Start one more. */
  async join(change: Partial<BankCardOcrOptions> = {}): Promise<TestApplication> {
    const ticketStore = new FileTicketStore(
      { directory: this.directory, appId: this.sandbox.appId, timeoutMs: 300_000 },
      this.disk.files,
    );
    const options = { clock: this.clock, ticketStore, ...change };
    const app = await startOnMovedTime(this.sandbox, options);
    this.#running.push(app);
    return app;
  }

  async end(): Promise<void> {
    this.sandbox.clearFaults();
    await this.#closeAll();
    await this.sandbox.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #closeAll(): Promise<void> {
    const { clock, sandbox, disk } = this;
    const running = this.#running.splice(0);
    let isClosed = false;
    const closed = Promise.all(running.map(({ application }) => application.close())).finally(() => (isClosed = true));
    const scene = { clock, sandbox, disk, tickets: running.map(({ tickets }) => tickets) };
    while (!isClosed) {
      await atRest(scene);
      // What an application has asked the vendor for it waits for, as long as a request may take.
      if (!isClosed && sandbox.inFlight > 0) clock.advance(1_000);
    }
    await closed;
  }
}
