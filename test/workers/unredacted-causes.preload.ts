/** Lets the errors of the HTTP client out as they are, so that a test can show that it would notice. */
import * as faults from '../../libs/bankcard-ocr/src/vendor/http/transport-error.js';

const { TransportError } = faults;
const loaded = Object.values(require.cache).find((module) => module?.exports === faults);
if (!loaded) throw new Error('the faults of the transport are not loaded');
loaded.exports = {
  TransportError,
  transportError: (cause: unknown) => new TransportError('UNREACHABLE', true, { message: String(cause), cause }),
};
