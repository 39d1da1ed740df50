import type { Clock } from '../../clock.js';

/** How long an answer waits: in real time, and then on the sandbox's clock. */
export interface AnswerDelay {
  readonly realMs: number;
  readonly clockMs: number;
}

/** Run `then` after `delay`, at once when there is none. @returns cancels it */
export function pause(clock: Clock, { realMs, clockMs }: AnswerDelay, then: () => void): () => void {
  let cancel = () => {};
  const waitOnClock = () => {
    if (clockMs <= 0) return then();
    const timer = clock.setTimer(then, clockMs, true);
    cancel = () => timer.cancel();
  };
  if (realMs <= 0) {
    waitOnClock();
  } else {
    const timer = setTimeout(waitOnClock, realMs);
    cancel = () => clearTimeout(timer);
  }
  return () => cancel();
}
