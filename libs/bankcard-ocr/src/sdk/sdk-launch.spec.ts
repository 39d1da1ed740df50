import { inspect } from 'node:util';
import { SdkLaunchResponseDto } from '../http/response.dto.js';
import { launchLifeMs, SdkLaunch } from './sdk-launch.js';

const VALUES = {
  appId: 'IDA00001',
  version: '1.0.0',
  nonce: 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T',
  userId: 'user1',
  orderNo: 'order1',
  sign: 'D7606F1741DDCF90757DA924EDCF152A200AC7F0',
  expiresInMs: 119_000,
};

describe.each([SdkLaunch, SdkLaunchResponseDto])('%p', (Launch) => {
  const launch = new Launch(VALUES);

  it('has every value for the app', () => {
    expect(JSON.parse(JSON.stringify(launch))).toEqual(VALUES);
    expect({ ...launch }).toEqual(VALUES);
  });

  it('shows its signature to nobody who prints it', () => {
    const everything = { depth: Infinity, showHidden: true } as const;
    const error = new Error('failed', { cause: launch });
    const shown = [
      String(launch),
      inspect(launch),
      inspect({ deep: [launch] }, everything),
      inspect(error, everything),
    ];
    for (const text of shown) {
      expect(text).not.toContain(VALUES.sign);
      expect(text).not.toContain(VALUES.nonce);
      expect(text).toContain('SdkLaunch(order order1, sign [redacted])');
    }
  });
});

it('is answered as it is', () => {
  expect(SdkLaunchResponseDto.from(new SdkLaunch(VALUES))).toEqual(new SdkLaunchResponseDto(VALUES));
});

const MINUTE = 60_000;
const fresh = { generationId: 'a', ageMs: MINUTE, dueInMs: 19 * MINUTE, remainingMs: 59 * MINUTE };

function life(ticketMs: number, status: Partial<typeof fresh>): number {
  return launchLifeMs({ ticketMs, generationId: 'a', status, ticketOverlapMs: MINUTE });
}

describe('how long a launch is good for', () => {
  it.each([
    ["is its ticket's life", 119_999.6, fresh, 120_000],
    ['is its own, though shorter', 30_000, fresh, 30_000],
    ['ends with the token', 120_000, { ...fresh, remainingMs: 45_000 }, 45_000],
    ['is an overlap from the next refresh on', 120_000, { ...fresh, dueInMs: 36_000 }, 35_000 + MINUTE],
    ['is an overlap when the refresh is due', 120_000, { ...fresh, dueInMs: 0 }, MINUTE],
    [
      'is what is left of the overlap when the token was replaced',
      120_000,
      { ...fresh, generationId: 'b', ageMs: 5_000 },
      55_000,
    ],
    ['is never less than nothing', -5, fresh, 0],
    ['is nothing when the token died long ago', 120_000, { ...fresh, generationId: 'b', ageMs: 2 * MINUTE }, 0],
    ['is nothing without credentials', 120_000, {}, 0],
  ])('%s', (_what, ticketMs, status, expected) => {
    expect(life(ticketMs, status)).toBe(expected);
  });
});
