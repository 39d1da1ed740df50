'use strict';
// An application's usual set-up of Sentry; globalThis.exported() tells what was sent.
const Sentry = require('@sentry/node');

const sent = [];
Sentry.init({
  dsn: 'https://public@127.0.0.1/1',
  tracesSampleRate: 1,
  sendDefaultPii: true,
  transport: (options) =>
    Sentry.createTransport(options, async ({ body }) => {
      sent.push(typeof body === 'string' ? body : Buffer.from(body).toString());
      return { statusCode: 200 };
    }),
});

globalThis.baggage = (context) => context;
/** An event carries the breadcrumbs of its request. */
globalThis.report = () => Sentry.captureException(new Error('reported by the application'));
globalThis.exported = async () => {
  await Sentry.flush();
  return { names: [], text: sent.join('\n') };
};
