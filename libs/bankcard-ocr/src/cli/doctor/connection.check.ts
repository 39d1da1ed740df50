import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Connector } from '../../upstream/transport/connector.js';
import { transportFault } from '../../upstream/transport-fault.js';
import { duration, sentences, text } from '../text.js';
import { connectionAdvice } from './connection-advice.js';
import { type Finding, findingsOf } from './finding.js';
import { nameOf } from './run-check.js';
import { failureOn, type Way, whatNeeds } from './way.js';

const finding = findingsOf('connection');
/** A certificate that ends sooner has as a rule been renewed by then. */
const SOON_MS = 14 * 86_400_000;

/** Connect as every transport does, through the proxy where there is one, certificate verified; send nothing. */
export async function checkConnection(way: Way): Promise<Finding> {
  const { host, destination, proxy, connection } = way;
  const connector = new Connector(connection);
  const startedAt = performance.now();
  let socket: Socket | undefined;
  try {
    socket = await new Promise<Socket>((resolve, reject) => {
      connector.connect(destination, (error, made) => (made ? resolve(made) : reject(error ?? new Error('no socket'))));
    });
    socket.on('error', () => undefined);
    const connectMs = Math.round(performance.now() - startedAt);
    return connected(socket, host, { connectMs, ...(proxy && { proxy: proxy.host }) });
  } catch (error) {
    return failed(error, way);
  } finally {
    connector.close();
    socket?.destroy();
  }
}

function connected(socket: Socket, host: string, facts: { connectMs: number; proxy?: string }): Finding {
  const way = facts.proxy === undefined ? text('', '') : text(` through ${facts.proxy}`, `，经代理 ${facts.proxy}`);
  if (!(socket instanceof TLSSocket)) {
    const found = text(
      `connected in ${facts.connectMs} ms${way.en}, without TLS`,
      `${facts.connectMs} 毫秒连通${way.zh}，没有 TLS`,
    );
    return finding('ok', found, { about: host, facts: { ...facts, protocol: 'none' } });
  }
  const protocol = socket.getProtocol() ?? 'TLS';
  const certificateEndsInMs = Math.round(Date.parse(socket.getPeerCertificate().valid_to) - Date.now());
  const left = duration(certificateEndsInMs);
  const isSoon = certificateEndsInMs < SOON_MS;
  return finding(
    isSoon ? 'warn' : 'ok',
    text(
      `${protocol} in ${facts.connectMs} ms${way.en}, certificate verified, ends in ${left.en}`,
      `${facts.connectMs} 毫秒建立 ${protocol}${way.zh}，证书已校验，${left.zh}后到期`,
    ),
    {
      about: host,
      facts: { ...facts, protocol, certificateEndsInMs },
      ...(isSoon && {
        todo: text(
          'Look again in some days: whoever owns the host should have renewed it by then',
          '过几天再看：届时对方应已换证',
        ),
      }),
    },
  );
}

function failed(error: unknown, way: Way): Finding {
  const { message, cause } = transportFault(error);
  const { host, proxy } = way;
  const code = nameOf(cause);
  return finding(failureOn(way), text(message, `连接失败：${code}`), {
    about: host,
    todo: sentences(connectionAdvice(code), whatNeeds(way)),
    facts: { code, ...(proxy && { proxy: proxy.host }) },
  });
}
