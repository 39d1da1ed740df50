import { median } from './median.js';

/** What one operation cost each subject, in microseconds, round by round. */
export class Comparison {
  readonly #costs = new Map<string, number[]>();
  readonly #absent = new Map<string, string>();

  add(name: string, cost: number): void {
    const costs = this.#costs.get(name) ?? [];
    costs.push(cost);
    this.#costs.set(name, costs);
  }

  /** Note that a subject cannot do what it was asked to. */
  leaveOut(name: string, error: unknown): void {
    this.#absent.set(name, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }

  /**
   * The median of the ratios of one subject's slices to another's, pair by pair.
   *
   * @throws Error when one of them could not be measured, with the reason
   */
  ratio(name: string, of: string): number {
    const others = this.#costsOf(of);
    return median(this.#costsOf(name).map((cost, round) => cost / (others[round] ?? NaN)));
  }

  /** The median cost of one operation, in microseconds: of this machine, at this moment. */
  cost(name: string): number {
    return median(this.#costsOf(name));
  }

  #costsOf(name: string): number[] {
    const costs = this.#costs.get(name);
    if (!costs) throw new Error(this.#absent.get(name) ?? `${name} was not measured`);
    return costs;
  }
}
