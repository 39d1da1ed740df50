import type { Clock } from '../../clock.js';
import { ChinaTimeOfSecond } from './china-time.js';

/** The vendor's two marks on an answer. */
export interface Stamp {
  /** 32 digits: yyMMdd, eight fixed, four of the host, HHmmss, eight running, as in the logged answers. */
  readonly bizSeqNo: string;
  /** `yyyyMMddHHmmss`, China time. */
  readonly transactionTime: string;
}

/** Gives every exchange its running number and its time. */
export class StampOffice {
  readonly #clock: Clock;
  readonly #time = new ChinaTimeOfSecond();
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  stamp(): Stamp {
    const transactionTime = this.#time.digits(this.#clock.now());
    this.#running = (this.#running + 1) % 100_000_000;
    const running = String(this.#running).padStart(8, '0');
    const bizSeqNo = `${transactionTime.slice(2, 8)}200011844126${transactionTime.slice(8)}${running}`;
    return { bizSeqNo, transactionTime };
  }
}
