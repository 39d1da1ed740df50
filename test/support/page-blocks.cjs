'use strict';
// Plain Node: the consumers follow pages without a compiler.

/** The blocks of a page in their order, each with the heading of the second level that it stands under. */
function blocksOf(page) {
  let heading = '';
  return [...page.matchAll(/^## (?<heading>[^\n]+)$|^```(?<language>\w+)\n(?<code>.*?)^```$/gms)].flatMap(
    ({ groups }) => {
      if (groups.heading !== undefined) {
        heading = groups.heading;
        return [];
      }
      return [{ heading, language: groups.language, code: groups.code }];
    },
  );
}

/** What differs from one run to the next; what stands in its place keeps JSON readable. */
const CHANGING = [
  [/\u001b\[[\d;]*m/g, ''],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '(time)'],
  [/\[Nest\] \d+ +- \d+\/\d+\/\d{4}, \d+:\d\d:\d\d [AP]M/g, '[Nest] (process) - (time)'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:(port)'],
  // A request serial number, a signature, and what is random: a nonce, an order number.
  [/\b\d{32}\b/g, '(serial number)'],
  [/\b[0-9A-F]{40}\b/g, '(signature)'],
  [/(?<=["'])[A-Za-z0-9]{32}(?=["'])/g, '(random)'],
  [/(?<=BANKCARD_OCR_SECRET=)\S+/g, '(random)'],
  [/(?<=(?:expiresInMs|remainingMs)"?: ?)\d+/g, '0'],
];

/** An output without what differs from one run to the next. */
function masked(output) {
  return CHANGING.reduce((text, [pattern, replacement]) => text.replaceAll(pattern, replacement), output).trim();
}

module.exports = { blocksOf, masked };
