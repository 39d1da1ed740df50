import { inspect } from 'node:util';
import { SdkLaunchResponseDto } from '../http/response.dto.js';
import { SdkLaunch } from './sdk-launch.js';

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
