import type { Transform } from 'node:stream';
import { connectionError } from './connection-error.js';
import { codingOf, type ContentCoding, decompressor, namedCodings } from './content-coding.js';
import type { ResponseListener } from './transport.js';

/** What the bytes of a body come from, and what can be stopped for a while. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/** A gateway compresses what a server has compressed already; nobody does it more often. */
const MOST_CODINGS = 3;

/**
 * The body of one answer on its way from the connection to its receiver, the same for every transport: counted as it
 * comes, decompressed where it is compressed, stopped while the receiver wants no more.
 */
export class ResponseBody {
  readonly #outermost: Layer;
  readonly #decompressors: Transform[] = [];
  #isOver = false;

  /**
   * @param done is told once, of the end or of what ended the body early
   */
  constructor(
    private readonly receiver: ResponseListener,
    head: { readonly status: number; readonly contentEncoding: string | undefined },
    connection: Source,
    private readonly done: (error?: Error) => void,
  ) {
    // These have no body to decompress, whatever they say.
    const isBodiless = head.status === 204 || head.status === 304;
    this.#outermost = this.#layer(isBodiless ? [] : namedCodings(head.contentEncoding), connection);
  }

  /** Some bytes have come from the connection. */
  write(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      this.receiver.received(bytes.length);
      this.#outermost.write(bytes);
    } catch (error) {
      this.end(error as Error);
    }
  }

  /** All bytes have come from the connection, or no more will, because of an error. */
  end(error?: Error): void {
    if (this.#isOver) return;
    if (error) return this.#finish(error);
    try {
      this.#outermost.end();
    } catch (thrown) {
      this.#finish(thrown as Error);
    }
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stream of this.#decompressors) stream.destroy();
    this.done(error);
  }

  #layer(named: readonly ContentCoding[], source: Source): Layer {
    const [coding, ...others] = named;
    return new Layer(coding, {
      plain: (bytes) => this.#deliver(bytes, source),
      coded: (actual) => this.#decompress(actual, others, source),
      end: () => this.#finish(),
    });
  }

  #decompress(coding: Exclude<ContentCoding, 'plain'>, others: readonly ContentCoding[], source: Source): Sink {
    if (this.#decompressors.length >= MOST_CODINGS) {
      throw connectionError('ERR_CONTENT_ENCODING_UNKNOWN', 'the answer is compressed again and again');
    }
    const stream = decompressor(coding);
    this.#decompressors.push(stream);
    const next = this.#layer(others, stream);
    const attempt = (action: () => void) => {
      if (this.#isOver) return;
      try {
        action();
      } catch (error) {
        this.#finish(error as Error);
      }
    };
    stream.on('data', (bytes: Buffer) => attempt(() => next.write(bytes)));
    stream.once('end', () => attempt(() => next.end()));
    stream.on('error', (error) => this.#finish(error));
    return {
      write: (bytes) => {
        if (stream.write(bytes)) return;
        source.pause();
        stream.once('drain', () => source.resume());
      },
      end: () => void stream.end(),
    };
  }

  #deliver(bytes: Buffer, source: Source): void {
    const held = this.receiver.data(bytes);
    if (!held) return;
    source.pause();
    held.then(
      () => this.#isOver || source.resume(),
      (error: Error) => this.#finish(error),
    );
  }
}

interface Sink {
  write(bytes: Buffer): void;
  end(): void;
}

/** The body between two codings: looked at until its own coding is known, then passed on. */
class Layer implements Sink {
  #head: Buffer | undefined;
  #sink: Sink | undefined;

  constructor(
    private readonly named: ContentCoding | undefined,
    private readonly onto: {
      plain(bytes: Buffer): void;
      coded(coding: Exclude<ContentCoding, 'plain'>): Sink;
      end(): void;
    },
  ) {}

  write(bytes: Buffer): void {
    if (this.#sink) this.#sink.write(bytes);
    else this.#decide(this.#head ? Buffer.concat([this.#head, bytes]) : bytes, false);
  }

  end(): void {
    if (!this.#sink) this.#decide(this.#head ?? Buffer.alloc(0), true);
    this.#sink?.end();
  }

  #decide(head: Buffer, isWhole: boolean): void {
    const coding = codingOf(head, this.named, isWhole);
    this.#head = coding === undefined ? head : undefined;
    if (coding === undefined) return;
    this.#sink =
      coding === 'plain' || head.length === 0
        ? { write: (bytes) => this.onto.plain(bytes), end: () => this.onto.end() }
        : this.onto.coded(coding);
    if (head.length > 0) this.#sink.write(head);
  }
}
