import { once } from 'node:events';
import { Agent, createServer, get, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An instance behind the balancer. */
interface Upstream {
  readonly url: string;
  readonly agent: Agent;
  /** When a readiness check last said yes, by the monotonic clock; it is good for {@link GOOD_FOR_MS}. */
  readyAt: number;
  /** Readiness went from yes to no so often. */
  flips: number;
  stopped: boolean;
}

const CHECK_EVERY_MS = 50;
const GOOD_FOR_MS = 1_000;

/**
 * A load balancer as small as one can be: it asks every instance whether it is ready, keeps connections alive on both sides,
 * sends a request to the instances in turn, and never sends one again.
 */
export class Balancer {
  readonly #server: Server;
  readonly #upstreams: Upstream[] = [];
  #next = 0;
  #port = 0;
  #isOpen = true;

  private constructor(private readonly readyPath: string) {
    this.#server = createServer({ keepAlive: true }, async (incoming, outgoing) => {
      const upstream = await this.#choose();
      const { method, url, headers } = incoming;
      const sent = request(upstream.url + url, { method, headers, agent: upstream.agent }, (response) => {
        const { connection: _hopByHop, ...rest } = response.headers;
        outgoing.writeHead(response.statusCode ?? 502, rest);
        response.pipe(outgoing);
        response.on('error', () => outgoing.destroy());
      });
      sent.on('error', (error) =>
        outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end(error.message),
      );
      incoming.pipe(sent);
    });
  }

  /** @param readyPath of the readiness check of the instances */
  static async start(readyPath: string): Promise<Balancer> {
    const balancer = new Balancer(readyPath);
    await once(balancer.#server.listen(0, '127.0.0.1'), 'listening');
    balancer.#port = (balancer.#server.address() as AddressInfo).port;
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How often an instance went from ready to not ready, those that were removed included. */
  get flips(): number {
    return this.#upstreams.reduce((sum, { flips }) => sum + flips, 0);
  }

  /** Send requests to an instance as soon as it is ready; resolves then. */
  async add(url: string): Promise<void> {
    const upstream: Upstream = {
      url,
      agent: new Agent({ keepAlive: true }),
      readyAt: -Infinity,
      flips: 0,
      stopped: false,
    };
    this.#upstreams.push(upstream);
    void this.#watch(upstream);
    while (!isReady(upstream)) await pause();
  }

  /** Resolves when an instance gets no request any more because it says that it is not ready. */
  async left(url: string): Promise<void> {
    const upstream = this.#upstreams.find((one) => one.url === url && !one.stopped);
    while (upstream && isReady(upstream)) await pause();
    if (upstream) upstream.stopped = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
    for (const { agent } of this.#upstreams) agent.destroy();
  }

  /** While none is ready, it waits: a machine that is too busy to answer checks is no reason for a response to fail. */
  async #choose(): Promise<Upstream> {
    for (;;) {
      const ready = this.#upstreams.filter((upstream) => !upstream.stopped && isReady(upstream));
      this.#next += 1;
      const chosen = ready[this.#next % ready.length];
      if (chosen) return chosen;
      await pause();
    }
  }

  async #watch(upstream: Upstream): Promise<void> {
    while (this.#isOpen && !upstream.stopped) {
      const asked = performance.now();
      const status = await statusOf(upstream.url + this.readyPath);
      // What was true when it was asked: the response may have been long on its way.
      if (status === 200) upstream.readyAt = asked;
      else {
        if (isReady(upstream)) upstream.flips += 1;
        upstream.readyAt = -Infinity;
      }
      await pause();
    }
  }
}

function isReady({ readyAt }: Upstream): boolean {
  return performance.now() - readyAt < GOOD_FOR_MS;
}

const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, CHECK_EVERY_MS));

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const [response] = (await once(get(url, { agent: false, timeout: GOOD_FOR_MS }), 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  } catch {
    return undefined;
  }
}
