import { createServer, type Server } from 'node:https';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../../libs/bankcard-ocr/src/vendor/http/certificates.test-support.js';

/** TLS in front of a sandbox, which speaks plain http. */
export class VendorFront {
  private constructor(private readonly server: Server) {}

  static async start(target: string, certificate: Certificate): Promise<VendorFront> {
    const server = createServer(certificate, (incoming, answer) => {
      const { method, url = '/' } = incoming;
      const outgoing = request(target + url, { method }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      outgoing.on('error', () => answer.destroy());
      incoming.pipe(outgoing);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new VendorFront(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
