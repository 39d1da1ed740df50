import { type Cancellation, raceCancel } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import type { JsonObject } from '../response/json-response.js';
import { TransportError } from './transport-error.js';
import type { ResponseListener } from './transport.js';

/** Makes something of the body of an answer while it arrives. */
export interface ResponseReader {
  /** The body has so many bytes as it comes; called before the first of them, if that is known. */
  expect?(bytes: number): void;
  /**
   * @param bytes some of the body, decompressed; may be kept
   * @returns a promise when no more is wanted until it is fulfilled
   * @throws InvalidResponseError
   */
  write(bytes: Buffer): Promise<void> | undefined;
  /**
   * The whole body has come.
   *
   * @throws InvalidResponseError
   */
  end(): JsonObject;
}

/**
 * Node gives one connection up to 2 MB before it looks at the next: with ten large answers at once nobody else would be
 * served for a tenth of a second. After so many bytes an answer waits for the next turn of the event loop.
 */
const BYTES_IN_A_TURN = 256 * 1024;

/**
 * Every piece of a body costs about a microsecond and some hundred bytes, however small it is. So many are free, for servers
 * that write a short answer character by character; beyond them a piece has to bring so many bytes on average.
 */
const FREE_PIECES = 2_048;
const LEAST_BYTES_IN_A_PIECE = 64;

/** Takes an answer in for its reader: its head, its size, and how long the reader held it up. */
export class ResponseReceiver implements ResponseListener {
  /** What the reader or the limit ended the answer with. */
  failure: { readonly error: unknown } | undefined;
  status = 0;
  #header: (name: string) => string | undefined = () => undefined;
  #receivedPieces = 0;
  #receivedBytes = 0;
  #size = 0;
  #sizeOfTurn = 0;
  #heldUpMs = 0;
  #heldUpSince: number | undefined;
  #held: Promise<void> | undefined;

  constructor(
    private readonly reader: ResponseReader,
    private readonly maxBytes: number,
    private readonly clock: Clock,
  ) {}

  /** How long the reader has let the answer wait; not the vendor's fault, so it is no part of the vendor's time. */
  get heldUpMs(): number {
    const since = this.#heldUpSince;
    return this.#heldUpMs + (since === undefined ? 0 : this.clock.monotonic() - since);
  }

  header(name: string): string | undefined {
    return this.#header(name);
  }

  head(status: number, header: (name: string) => string | undefined): void {
    this.status = status;
    this.#header = header;
    const length = Number(header('content-length') ?? Number.NaN);
    // An announced length is a hint, never trusted; of a compressed body it says nothing.
    if (length <= this.maxBytes && header('content-encoding') === undefined) this.reader.expect?.(length);
  }

  received(bytes: number): void {
    this.#receivedPieces += 1;
    this.#receivedBytes += bytes;
    // What is compressed can be longer than what is in it, without end.
    if (this.#receivedBytes > this.maxBytes) this.#refuse(`is larger than ${this.maxBytes} bytes (maxResponseBytes)`);
    if (this.#receivedPieces > FREE_PIECES + this.#receivedBytes / LEAST_BYTES_IN_A_PIECE) {
      this.#refuse(`comes in pieces of less than ${LEAST_BYTES_IN_A_PIECE} bytes`);
    }
  }

  data(bytes: Buffer): Promise<void> | undefined {
    try {
      this.#size += bytes.length;
      // Counted while it arrives and after decompression.
      if (this.#size > this.maxBytes) this.#refuse(`is larger than ${this.maxBytes} bytes (maxResponseBytes)`);
      const taken = this.reader.write(bytes);
      const held = this.#isTurnOver(bytes.length) ? nextTurn(taken) : taken;
      this.#held = held && this.#wait(held);
      return this.#held;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  /**
   * Wait until the reader has taken everything: a body may end while its last piece is still being taken.
   *
   * @returns undefined when it has; rejects with what the reader fails with, and with the reason of the cancellation
   */
  taken(cancellation: Cancellation): Promise<void> | undefined {
    if (this.failure) throw this.failure.error;
    return this.#heldUpSince === undefined || !this.#held ? undefined : raceCancel(this.#held, cancellation);
  }

  #refuse(what: string): never {
    const error = new TransportError('RESPONSE_TOO_LARGE', true, { message: `the answer ${what}` });
    this.failure = { error };
    throw error;
  }

  #isTurnOver(bytes: number): boolean {
    this.#sizeOfTurn += bytes;
    if (this.#sizeOfTurn < BYTES_IN_A_TURN) return false;
    this.#sizeOfTurn = 0;
    return true;
  }

  async #wait(held: Promise<void>): Promise<void> {
    const since = this.clock.monotonic();
    this.#heldUpSince = since;
    try {
      await held;
    } catch (error) {
      this.failure = { error };
      throw error;
    } finally {
      this.#heldUpSince = undefined;
      this.#heldUpMs += this.clock.monotonic() - since;
    }
  }
}

async function nextTurn(taken: Promise<void> | undefined): Promise<void> {
  await taken;
  await new Promise((resolve) => setImmediate(resolve));
}
