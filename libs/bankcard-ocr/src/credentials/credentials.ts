import { inspect } from 'node:util';
import { equalityTag } from '../runtime/equality-tag.js';
import { SecretText } from '../runtime/secret-text.js';

/**
 * Access token and SIGN ticket of one refresh. Safe to print: only `reveal()` returns a token or a ticket.
 */
export class Credentials {
  /** Running number of the refresh. */
  readonly generation: number;
  /** Random id of the refresh. */
  readonly generationId: string;
  /** Makes different credentials unequal wherever objects are compared by their properties. */
  readonly equalityTag: string;
  readonly #accessToken: SecretText;
  readonly #signTicket: SecretText;

  constructor(generation: number, generationId: string, accessToken: string, signTicket: string) {
    this.generation = generation;
    this.generationId = generationId;
    this.#accessToken = new SecretText(accessToken);
    this.#signTicket = new SecretText(signTicket);
    this.equalityTag = equalityTag(accessToken, signTicket);
  }

  /** The access token; `reveal()` returns the text. */
  get accessToken(): SecretText {
    return this.#accessToken;
  }

  /** The SIGN ticket that signs queries; `reveal()` returns the text. */
  get signTicket(): SecretText {
    return this.#signTicket;
  }

  toJSON(): { generation: number; generationId: string } {
    return { generation: this.generation, generationId: this.generationId };
  }

  [inspect.custom](): string {
    return `Credentials(generation ${this.generation}, ${this.generationId})`;
  }
}
