import type { Clock, ClockTimer } from '../clock.js';
import type { AnswerIntake } from './answer-intake.js';

/** Nobody looks more often while an answer is held up. */
const LEAST_PAUSE_MS = 50;

/** The time limit of one attempt. While the reader holds the answer up, its clock stands still. */
export class AttemptLimit {
  reached = false;
  #timer: ClockTimer;
  readonly #startedAt: number;

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly intake: Pick<AnswerIntake, 'heldUpMs'>,
    private readonly onReached: () => void,
  ) {
    this.#startedAt = clock.monotonic();
    this.#timer = clock.setTimer(this.#look, timeoutMs);
  }

  stop(): void {
    this.#timer.cancel();
  }

  readonly #look = (): void => {
    const spentMs = this.clock.monotonic() - this.#startedAt - this.intake.heldUpMs;
    // Timers fire up to a millisecond early.
    if (spentMs < this.timeoutMs - 1) {
      this.#timer = this.clock.setTimer(this.#look, Math.max(this.timeoutMs - spentMs, LEAST_PAUSE_MS));
      return;
    }
    this.reached = true;
    this.onReached();
  };
}
