import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';

/** Is called once: with a connection that can be used, or with why there is none. */
export type Connected = (error: Error | null, socket?: Socket) => void;

/** Finds the addresses of a host, as `dns.lookup` does. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** The "connection attempt delay" of RFC 8305, section 5. */
const NEXT_ADDRESS_MS = 250;

/**
 * A TCP connection to the first of a host's addresses that can be reached (RFC 8305). Node.js gives an address up after
 * 250 ms for the next one, however much time there is; here it goes on while the next ones are tried.
 */
export class TcpConnection {
  #waiting: string[] = [];
  readonly #attempts = new Set<Socket>();
  readonly #errors: Error[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param done is told once, unless this is destroyed before */
  constructor(
    { hostname, lookup = lookUp }: { readonly hostname: string; readonly lookup?: Lookup },
    private readonly port: number,
    private readonly done: Connected,
  ) {
    if (isIP(hostname)) {
      this.#begin([hostname]);
      return;
    }
    lookup(hostname, { all: true }, (error, addresses) => {
      if (error) this.#finish(error);
      else this.#begin(inTurn(addresses));
    });
  }

  destroy(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const attempt of this.#attempts) attempt.destroy();
  }

  #begin(addresses: string[]): void {
    if (this.#isOver) return;
    this.#waiting = addresses;
    this.#next();
  }

  readonly #next = (): void => {
    clearTimeout(this.#timer);
    const host = this.#waiting.shift();
    if (host === undefined) {
      if (this.#attempts.size === 0) this.#finish(this.#failure());
      return;
    }
    const socket = connect({ host, port: this.port, noDelay: true, keepAlive: true });
    this.#attempts.add(socket);
    const onError = (error: Error) => {
      this.#attempts.delete(socket);
      this.#errors.push(error);
      this.#next();
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      this.#attempts.delete(socket);
      this.#finish(null, socket);
    });
    if (this.#waiting.length > 0) this.#timer = setTimeout(this.#next, NEXT_ADDRESS_MS);
  };

  #finish(error: Error | null, socket?: Socket): void {
    if (this.#isOver) {
      socket?.destroy();
      return;
    }
    this.destroy();
    this.done(error, socket);
  }

  #failure(): Error {
    const [first = new Error('the host has no address')] = this.#errors;
    if (this.#errors.length < 2) return first;
    // Node's own has the code of the first one, too.
    const { code } = first as NodeJS.ErrnoException;
    return Object.assign(new AggregateError(this.#errors, first.message), { code });
  }
}

/** The families take turns, beginning with that of the first address: of one of them there may be no way at all. */
function inTurn(addresses: readonly LookupAddress[]): string[] {
  const ofFirst = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const turns = Array.from({ length: Math.max(ofFirst.length, others.length) }, (_, turn) => [
    ofFirst[turn],
    others[turn],
  ]);
  return turns.flat().flatMap((one) => (one ? [one.address] : []));
}
