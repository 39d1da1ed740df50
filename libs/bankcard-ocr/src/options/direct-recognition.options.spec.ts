import { Problem } from '../errors/configuration-error.js';
import { readRecognitionAppIdField, readRecognitionBaseUrl } from './direct-recognition.options.js';

const resolved = (baseUrl: string, named: Record<string, string | undefined> = {}) => {
  const options = { ...named, baseUrl };
  const found = readRecognitionBaseUrl(named['recognitionBaseUrl'], options);
  const problem = [found].flat().find((one) => one instanceof Problem);
  const appIdField = readRecognitionAppIdField(named['recognitionAppIdField'], options);
  return [problem?.en ?? ('origin' in found ? found.origin + found.prefix : found), appIdField];
};

describe('direct recognition', () => {
  it.each([
    ['https://idasc.webank.com', 'https://ida.webank.com', 'webankAppId'],
    ['https://miniprogram-kyc.tencentcloudapi.com', 'https://miniprogram-kyc.tencentcloudapi.com', 'webankAppId'],
    ['https://kyc1.qcloud.com', 'https://kyc1.qcloud.com', 'appId'],
    ['http://127.0.0.1:8080/prefix', 'http://127.0.0.1:8080/prefix', 'webankAppId'],
  ])('beside %s is asked from %s with %s', (baseUrl, expected, field) => {
    expect(resolved(baseUrl)).toEqual([expected, field]);
  });

  it('follows what is named', () => {
    const named = { recognitionBaseUrl: 'https://kyc1.qcloud.com', recognitionAppIdField: undefined };
    expect(resolved('https://idasc.webank.com', named)).toEqual(['https://kyc1.qcloud.com', 'appId']);
    const field = { recognitionAppIdField: 'appId' } as const;
    expect(resolved('https://idasc.webank.com', field)).toEqual(['https://ida.webank.com', 'appId']);
  });

  it('says what is wrong with the host that is named, and has a field all the same', () => {
    expect(resolved('https://idasc.webank.com', { recognitionBaseUrl: 'x' })).toEqual([
      expect.stringContaining('is not a URL'),
      'webankAppId',
    ]);
  });

  it('says nothing of its own when it is the host of queries that is wrong', () => {
    expect(resolved('x')).toEqual([[], 'webankAppId']);
  });
});
