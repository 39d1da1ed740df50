import { hintForHost } from '../vendor/hosts.js';
import { readAppIdFields, readBaseUrl, readRecognitionBaseUrl } from './vendor.options.js';

const OLDER = ['app_id', 'app_id', 'app_id', 'webankAppId'];
/** What is read before the names of the app id. */
function hosts(url: unknown, images?: string) {
  const baseUrl = readBaseUrl(url, {});
  return { baseUrl, recognitionBaseUrl: readRecognitionBaseUrl(images, { baseUrl }) };
}

const NEWEST = ['appId', 'appId', 'app_id', 'appId'];

describe('the host of the base URL', () => {
  it.each([
    ['https://idasc.webank.com', 'https://ida.webank.com', OLDER],
    ['https://kyc.qcloud.com', 'https://kyc.qcloud.com', OLDER],
    ['https://miniprogram-kyc.tencentcloudapi.com', 'https://miniprogram-kyc.tencentcloudapi.com', OLDER],
    ['https://kyc1.qcloud.com', 'https://kyc1.qcloud.com', NEWEST],
    ['https://kyc.qcloud.com.', 'https://kyc.qcloud.com.', OLDER],
    ['https://idasc.webank.com.', 'https://ida.webank.com', OLDER],
    ['https://KYC1.qcloud.com/prefix', 'https://kyc1.qcloud.com/prefix', NEWEST],
    ['http://127.0.0.1:8080/prefix', 'http://127.0.0.1:8080/prefix', NEWEST],
  ])('%s: images go to %s, and each endpoint names the app id as documented', (baseUrl, images, names) => {
    const fields = readAppIdFields(undefined, hosts(baseUrl));
    const recognition = hosts(baseUrl).recognitionBaseUrl;
    expect('origin' in recognition && recognition.origin + recognition.prefix).toBe(images);
    expect(Object.entries(fields)).toEqual(
      ['accessToken', 'apiTicket', 'queryResult', 'recognize'].map((endpoint, index) => [endpoint, names[index]]),
    );
  });

  it('and that of images is asked about images, when it is another one', () => {
    const options = hosts('https://idasc.webank.com', 'https://kyc1.qcloud.com');
    expect(readAppIdFields(undefined, options)).toMatchObject({ accessToken: 'app_id', recognize: 'appId' });
  });

  it('names what an option does not name', () => {
    const given = { accessToken: 'webankAppId', apiTicket: undefined };
    expect(readAppIdFields(given, hosts('https://kyc1.qcloud.com'))).toEqual({
      ...{ accessToken: 'webankAppId', apiTicket: 'appId' },
      ...{ queryResult: 'app_id', recognize: 'appId' },
    });
  });

  it.each([
    [{ query: 'appId' }, /knows no 'query'/],
    [{ queryResult: 'app-id' }, /queryResult must be 'app_id', 'appId' or 'webankAppId'; got string/],
  ])('is not overridden by what cannot be: %j', (given, problem) => {
    expect(readAppIdFields(given, hosts('https://kyc1.qcloud.com'))).toMatchObject([
      { en: expect.stringMatching(problem) },
    ]);
  });

  it.each(['x', undefined])('is like the newest one while it is wrong itself: %p', (baseUrl) => {
    expect(readAppIdFields(undefined, hosts(baseUrl))).toMatchObject({ accessToken: 'appId', recognize: 'appId' });
    expect(hosts(baseUrl).recognitionBaseUrl).toEqual([]);
  });

  it('that is the oldest one is followed by a line about the newer ones', () => {
    expect(hintForHost('idasc.webank.com')).toMatch(/kyc1\.qcloud\.com/);
    expect(hintForHost('kyc1.qcloud.com')).toBeUndefined();
  });
});

it('says what is wrong with the host of images that is named', () => {
  expect(hosts('https://idasc.webank.com', 'x').recognitionBaseUrl).toMatchObject({
    en: expect.stringContaining('is not a URL'),
  });
});
