'use strict';
const { randomBytes } = require('node:crypto');
const { createServer } = require('node:http');
const { connect } = require('node:net');

/** A JPEG as far as anybody here looks. */
const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(3_000)]).toString('base64');
const CARD = '6222021234567890128';

/** What a vendor does with an order whose number begins so, instead of a plain answer. */
const FAULTS = {
  code: (response) => json(response, { code: '66660020', msg: 'no such order', transactionTime: '20260101120000' }),
  late: () => undefined,
  reset: (response) => response.socket.resetAndDestroy(),
  cut: (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"code"', () => response.socket.destroy());
  },
  text: (response) => response.end('<html>502</html>'),
  status: (response) => response.writeHead(503).end('{}'),
};

/**
 * A vendor that keeps every value that must not be seen by others, and the headers that came with it. It checks no
 * signature: what is asked here is who else learns of the values.
 */
async function startVendor() {
  const secrets = new Map();
  const headers = new Set();
  const endpoints = new Set();
  const note = (kind, value) => {
    if (!value) return;
    if (!secrets.has(kind)) secrets.set(kind, new Set());
    secrets.get(kind).add(value);
  };
  const issue = (kind, length) => {
    const value = randomBytes(length).toString('hex');
    note(kind, value);
    return value;
  };
  const answers = {
    access_token: () => ({ code: '0', msg: 'ok', access_token: issue('access token', 32), expire_in: 7200 }),
    api_ticket: (query) => {
      const kind = `${query.get('type')} ticket`;
      return { code: '0', msg: 'ok', tickets: [{ value: issue(kind, 32), expire_in: 3600 }] };
    },
    getBankCardOcrResult: (query) => resultOf(query.get('order_no')),
    bankcardocrapp: (query) => resultOf(query.get('orderNo')),
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url, 'http://vendor');
    const endpoint = pathname.split('/').at(-1);
    endpoints.add(endpoint);
    for (const name of Object.keys(request.headers)) headers.add(name);
    for (const kind of ['secret', 'sign', 'nonce']) note(kind, query.get(kind));
    const orderNo = query.get('order_no') ?? query.get('orderNo');
    note('order number', orderNo);
    request.resume().on('end', () => {
      const fault = Object.keys(FAULTS).find((name) => orderNo?.startsWith(name));
      if (fault) FAULTS[fault](response);
      else json(response, answers[endpoint](query));
    });
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, secrets, headers, endpoints, stop: () => stopped(server) };
}

/** A proxy that opens a tunnel to wherever it is asked to. */
async function startProxy() {
  const sockets = new Set();
  const server = createServer().on('connect', (request, socket) => {
    const [host, port] = request.url.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const one of [socket, onward]) sockets.add(one.on('error', () => socket.destroy()));
  });
  const port = await listening(server);
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    return stopped(server);
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** A port at which nobody listens. */
async function closedPort() {
  const server = createServer();
  const port = await listening(server);
  await stopped(server);
  return port;
}

function resultOf(orderNo) {
  const result = { orderNo, bankCardNo: CARD, bankCardValidDate: '12/2031', warnCode: '0', multiWarnCode: '0' };
  return { code: '0', msg: 'ok', bizSeqNo: '2'.repeat(32), result: { ...result, originBankcardPhoto: JPEG } };
}

function json(response, body) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

function listening(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

function stopped(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

module.exports = { closedPort, startProxy, startVendor };
