const { default: Sequencer } = require('@jest/test-sequencer');

/** What takes longest, in this order: begun last, it would keep one core busy while the others have nothing left to do. */
const LONGEST = [
  'test/simulation/',
  'documents/readme.story.ts',
  'http/kept-connections.spec.ts',
  'http/several-addresses.spec.ts',
  'libs/bankcard-ocr/src/credentials/ticket.service.spec.ts',
  'processes/idle-backends.story.ts',
  'processes/console.story.ts',
  'processes/whole-fleet.story.ts',
  'processes/metrics.story.ts',
  'processes/live-holders.story.ts',
  'processes/container.story.ts',
  'processes/rolling-restart.story.ts',
  'processes/redis-loss.story.ts',
];

/** Jest knows how long a file takes once it has run it. On a fresh machine it goes by the size, which tells nothing here. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONGEST.findIndex((part) => path.includes(part));
      return index < 0 ? LONGEST.length : index;
    };
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
};
