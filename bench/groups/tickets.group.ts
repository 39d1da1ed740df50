import { orderNumber } from '../contestants/order-number.js';
import { createOurs, type TransportKind } from '../contestants/ours.contestant.js';
import { inFlight } from '../measures/in-flight.js';
import { Findings } from '../report/finding.js';
import { readCounts } from '../vendor/vendor-address.js';

const CALLERS = 10_000;
const QUERIES = 1_000;

/** What many callers cost the vendor: token and ticket calls, connections. */
export async function tickets(): Promise<Findings> {
  const findings = new Findings();
  await coldTicket(findings);
  await connections(findings, 'undici', 'undici');
  await connections(findings, 'http', 'http-service');
  return findings;
}

async function coldTicket(findings: Findings): Promise<void> {
  const ours = await createOurs('http-service', 'http');
  const before = await readCounts();
  await Promise.all(Array.from({ length: CALLERS }, () => ours.tickets.getCredentials()));
  const after = await readCounts();
  await ours.close();
  const what = `${CALLERS} callers on a cold ticket`;
  findings.add('cold-token-calls', `${what}, token calls`, 'calls', () => after.tokens - before.tokens);
  findings.add('cold-ticket-calls', `${what}, ticket calls`, 'calls', () => after.tickets - before.tickets);
}

async function connections(findings: Findings, id: string, transport: TransportKind): Promise<void> {
  const before = await readCounts();
  const failure = await queryAll(transport).catch((error: unknown) => error as Error);
  const after = await readCounts();
  const what = `connections of ${QUERIES} HTTPS queries, 50 at once, ${transport}`;
  findings.add(`https-connections-${id}`, what, 'connections', () => {
    if (failure) throw failure;
    return after.connections.https - before.connections.https;
  });
}

async function queryAll(transport: TransportKind): Promise<undefined> {
  const ours = await createOurs(transport, 'https');
  await inFlight(QUERIES, 50, (index) => ours.query(orderNumber(index)));
  await ours.close();
  return undefined;
}
