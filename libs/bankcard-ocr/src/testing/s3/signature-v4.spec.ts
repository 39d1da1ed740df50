import { createHash } from 'node:crypto';
import { checkSignature, type SignedRequestParts, type SigningContext } from './signature-v4.js';

/** Amazon's own examples: "Signature Calculations for the Authorization Header", section Examples. */
const CONTEXT: SigningContext = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  nowMs: Date.parse('2013-05-24T00:00:00Z'),
  maxSkewMs: 900_000,
};
const EMPTY = createHash('sha256').digest('hex');
const COMMON = {
  host: 'examplebucket.s3.amazonaws.com',
  'x-amz-date': '20130524T000000Z',
  'x-amz-content-sha256': EMPTY,
};

function signed(
  method: string,
  target: string,
  headers: Record<string, string>,
  signature: string,
  body = '',
): SignedRequestParts {
  const names = Object.keys({ ...COMMON, ...headers }).sort();
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
    `SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { method, target, headers: { ...COMMON, ...headers, authorization }, body: Buffer.from(body) };
}

const GET = signed(
  'GET',
  '/test.txt',
  { range: 'bytes=0-9' },
  'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
);
const PUT = signed(
  'PUT',
  '/test%24file.text',
  {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
  },
  '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  'Welcome to Amazon S3.',
);

describe('the check of Signature Version 4', () => {
  it.each([
    ['GET with a range', GET],
    ['PUT with a body', PUT],
    [
      'GET of a sub-resource',
      signed('GET', '/?lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
    ],
    [
      'a list',
      signed('GET', '/?prefix=J&max-keys=2', {}, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'),
    ],
  ])("accepts Amazon's example: %s", (_what, request) => {
    expect(checkSignature(request, CONTEXT)).toBeUndefined();
  });

  it.each<[string, Partial<SignedRequestParts>, Partial<SigningContext>, string]>([
    ['another method', { method: 'HEAD' }, {}, 'SignatureDoesNotMatch'],
    ['another path', { target: '/test.txu' }, {}, 'SignatureDoesNotMatch'],
    ['another query', { target: '/test.txt?acl' }, {}, 'SignatureDoesNotMatch'],
    ['another secret', {}, { secretAccessKey: 'x' }, 'SignatureDoesNotMatch'],
    ['another key', {}, { accessKeyId: 'x' }, 'InvalidAccessKeyId'],
    ['another region', {}, { region: 'ap-guangzhou' }, 'AuthorizationHeaderMalformed'],
    ['another body', { body: Buffer.from('x') }, {}, 'XAmzContentSHA256Mismatch'],
    ['a clock that is late', {}, { nowMs: CONTEXT.nowMs + 900_001 }, 'RequestTimeTooSkewed'],
    ['a clock that is early', {}, { nowMs: CONTEXT.nowMs - 900_001 }, 'RequestTimeTooSkewed'],
    ['no signature', { headers: COMMON }, {}, 'AccessDenied'],
    [
      'half a signature',
      { headers: { ...COMMON, authorization: 'AWS4-HMAC-SHA256 x' } },
      {},
      'AuthorizationHeaderMalformed',
    ],
    ['a header that was not signed', { headers: { ...GET.headers, 'x-amz-acl': 'public-read' } }, {}, 'AccessDenied'],
    ['a signed header that changed', { headers: { ...GET.headers, range: 'bytes=0-8' } }, {}, 'SignatureDoesNotMatch'],
    ['no date', { headers: { ...GET.headers, 'x-amz-date': undefined } }, {}, 'AuthorizationHeaderMalformed'],
    ['no payload hash', { headers: { ...GET.headers, 'x-amz-content-sha256': undefined } }, {}, 'InvalidRequest'],
  ])('refuses %s', (_what, change, context, code) => {
    expect(checkSignature({ ...GET, ...change }, { ...CONTEXT, ...context })).toMatchObject({ code });
  });
});
