import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import type { KycSandbox } from 'nestjs-bankcard-ocr/testing';

/**
 * An HTTP client whose connections to a sandbox are in memory: client, server and what they say are the real ones, but
 * an exchange takes a fixed number of turns of the event loop, however busy the machine is.
 */
export function inMemoryClient(sandbox: KycSandbox): HttpService {
  const httpAgent = new Agent({ keepAlive: true });
  (httpAgent as unknown as { createConnection(): Duplex }).createConnection = () => {
    const [ours, theirs] = connectionInMemory();
    sandbox.accept(theirs);
    return ours;
  };
  // The types of axios as a CommonJS and as an ES module are not the same to the compiler.
  return new HttpService(axios.create({ httpAgent }) as unknown as HttpService['axiosRef']);
}

function connectionInMemory(): [client: Duplex, server: Duplex] {
  const client = new EndOfConnection();
  const server = new EndOfConnection();
  client.peer = server;
  server.peer = client;
  return [client, server];
}

/** One end of a connection. What it sends arrives at the other in the next turn of the event loop, in its order. */
class EndOfConnection extends Duplex {
  peer: EndOfConnection | undefined;
  #wantsMore: (() => void) | undefined;

  override _read(): void {
    const goOn = this.#wantsMore;
    this.#wantsMore = undefined;
    goOn?.();
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => {
      const { peer } = this;
      if (!peer || peer.destroyed || peer.push(bytes)) done();
      else peer.#wantsMore = done;
    });
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.#end();
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    setImmediate(() => this.#end());
    // Whoever writes to one that is gone waits for nobody.
    this.#wantsMore?.();
    done(error);
  }

  #end(): void {
    const { peer } = this;
    this.peer = undefined;
    if (peer && !peer.destroyed && !peer.readableEnded) peer.push(null);
  }

  /** As a socket does. */
  resetAndDestroy(): this {
    const { peer } = this;
    this.peer = undefined;
    setImmediate(() => peer?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })));
    return this.destroy();
  }

  // What HTTP wants of a socket besides: nothing here ends by the machine's clock, nor keeps the process alive.
  setTimeout(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
