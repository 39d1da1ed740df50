import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it came, of which the signature is checked. */
export interface SignedRequestParts {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Who may sign, and when it is. */
export interface SigningContext {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly nowMs: number;
  /** How far the clock of a client may be away. */
  readonly maxSkewMs: number;
}

/** Why a request is refused, in the words of S3. */
export interface SignatureFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** What S3 shows besides: it repeats what was signed and the key id, which a client must not pass on. */
  readonly details?: Readonly<Record<string, string>>;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^,/]+)\/(\d{8})\/([^,/]+)\/([^,/]+)\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/;

/**
 * Check Signature Version 4 of a request in its `Authorization` header, written from Amazon's description "Signature Calculations
 * for the Authorization Header: Transferring Payload in a Single Chunk (AWS Signature Version 4)" and from nothing else.
 *
 * @returns undefined when it is right
 */
export function checkSignature(request: SignedRequestParts, context: SigningContext): SignatureFault | undefined {
  const header = (name: string): string | undefined => headerOf(request, name);
  const authorization = header('authorization');
  if (authorization === undefined) return denied('Access Denied');
  const [, keyId, day, region, service, names, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (keyId === undefined || day === undefined || names === undefined || signature === undefined) {
    return malformed('The authorization header that you provided is not valid.');
  }
  if (keyId !== context.accessKeyId) return unknownKey(keyId);
  if (region !== context.region || service !== 's3') {
    return malformed(
      `The authorization header is malformed; the region or service is wrong; expecting '${context.region}'`,
    );
  }
  const date = header('x-amz-date');
  const dateMs = date === undefined ? NaN : timeOf(date);
  if (date === undefined || Number.isNaN(dateMs) || !date.startsWith(day)) {
    return malformed('The authorization header needs a valid x-amz-date of the same day.');
  }
  const payloadHash = header('x-amz-content-sha256');
  if (payloadHash === undefined) return invalid('Missing required header for this request: x-amz-content-sha256');
  const signedHeaders = names.split(';');
  const unsigned = headersToSign(request).filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0) return denied('There were headers present in the request which were not signed');
  const scope = `${day}/${region}/s3/aws4_request`;
  const canonical = canonicalRequest(request, signedHeaders, payloadHash);
  const stringToSign = [ALGORITHM, date, scope, sha256(canonical)].join('\n');
  const key = ['s3', 'aws4_request'].reduce(
    hmac,
    hmac(hmac(Buffer.from(`AWS4${context.secretAccessKey}`), day), context.region),
  );
  const expected = hmac(key, stringToSign);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    return {
      status: 403,
      code: 'SignatureDoesNotMatch',
      message:
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      details: {
        AWSAccessKeyId: keyId,
        StringToSign: stringToSign,
        SignatureProvided: signature,
        CanonicalRequest: canonical,
      },
    };
  }
  if (Math.abs(context.nowMs - dateMs) > context.maxSkewMs) {
    return {
      status: 403,
      code: 'RequestTimeTooSkewed',
      message: 'The difference between the request time and the current time is too large.',
      details: { RequestTime: date, ServerTime: new Date(context.nowMs).toISOString() },
    };
  }
  return checkPayload(payloadHash, request.body);
}

/** Whether the body is part of what was signed. */
export function isPayloadSigned(request: SignedRequestParts): boolean {
  return headerOf(request, 'x-amz-content-sha256') !== UNSIGNED;
}

function checkPayload(payloadHash: string, body: Buffer): SignatureFault | undefined {
  if (payloadHash === UNSIGNED || payloadHash === sha256(body)) return undefined;
  if (payloadHash.startsWith('STREAMING-')) {
    // Many servers that speak S3 know no chunked signatures and no trailers.
    return {
      status: 501,
      code: 'NotImplemented',
      message: 'Transferring payloads in multiple chunks is not implemented.',
    };
  }
  return {
    status: 400,
    code: 'XAmzContentSHA256Mismatch',
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  };
}

/** Amazon: the canonical headers must have host, content-type if there is one, and every x-amz- header. */
function headersToSign({ headers }: SignedRequestParts): string[] {
  return Object.keys(headers).filter((name) => /^(host|content-type|x-amz-.*)$/.test(name));
}

function canonicalRequest(request: SignedRequestParts, signedHeaders: readonly string[], payloadHash: string): string {
  const [path = '', query = ''] = request.target.split(/\?(.*)/s);
  const headers = signedHeaders.map((name) => {
    return `${name}:${(headerOf(request, name) ?? '').trim().replaceAll(/ +/g, ' ')}\n`;
  });
  return [
    request.method,
    path.split('/').map(reencoded).join('/'),
    canonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return [reencoded(name), reencoded(value)] as const;
  });
  // In the order of the encoded names, which are ASCII.
  return pairs
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&');
}

/** Amazon's UriEncode: everything but unreserved characters, hexadecimal digits in capitals. */
function reencoded(text: string): string {
  return encodeURIComponent(decodeURIComponent(text)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headerOf({ headers }: SignedRequestParts, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** `20130524T000000Z` in milliseconds since the epoch. */
function timeOf(text: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function denied(message: string): SignatureFault {
  return { status: 403, code: 'AccessDenied', message };
}

function malformed(message: string): SignatureFault {
  return { status: 400, code: 'AuthorizationHeaderMalformed', message };
}

function invalid(message: string): SignatureFault {
  return { status: 400, code: 'InvalidRequest', message };
}

function unknownKey(keyId: string): SignatureFault {
  return {
    status: 403,
    code: 'InvalidAccessKeyId',
    message: 'The AWS Access Key Id you provided does not exist in our records.',
    details: { AWSAccessKeyId: keyId },
  };
}
