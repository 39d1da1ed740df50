import { inspect } from 'node:util';
import { SecretText } from '../runtime/secret-text.js';

/** Access token and SIGN ticket of one refresh. Safe to print: only `reveal()` returns a token or a ticket. */
export class Credentials {
  readonly accessToken: SecretText;
  readonly signTicket: SecretText;

  constructor(
    /** Running number of the refresh. */
    readonly generation: number,
    /** Random id of the refresh. */
    readonly generationId: string,
    accessToken: string,
    signTicket: string,
  ) {
    this.accessToken = new SecretText(accessToken);
    this.signTicket = new SecretText(signTicket);
  }

  toJSON(): { generation: number; generationId: string } {
    return { generation: this.generation, generationId: this.generationId };
  }

  [inspect.custom](): string {
    return `Credentials(generation ${this.generation}, ${this.generationId})`;
  }
}
