import { constants, createHash, verify, X509Certificate } from 'node:crypto';

// Reading and writing the DER of RFC 3161 by hand: it is a page, with cryptography and certificates left to Node.js. A library
// for it (pkijs) would be six packages that an archive could not verify its own timestamps without.

/** What a timestamp of RFC 3161 says. */
export interface Timestamp {
  /** When the authority has seen the digest. */
  readonly at: Date;
  /** The nonce of the request, hexadecimal digits without leading zeros; undefined when it had none. */
  readonly nonce?: string;
  /** The policy of the authority, dotted: `1.2.3`. */
  readonly policy: string;
}

/** A response is no timestamp of a digest; `why` has no value of it. */
export class TimestampRefused extends Error {
  override name = 'TimestampRefused';

  constructor(
    readonly why: string,
    readonly whyZh: string,
    /** The authority has answered: asking again changes nothing. */
    readonly isFinal = false,
  ) {
    super(why);
  }
}

const OID = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  rsaPss: '1.2.840.113549.1.1.10',
  ed25519: '1.3.101.112',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  [OID.sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const TAG = { boolean: 0x01, integer: 0x02, octets: 0x04, null: 0x05, oid: 0x06, sequence: 0x30, set: 0x31 } as const;
const GENERALIZED_TIME = 0x18;
const EXPLICIT_0 = 0xa0;

/** A request to stamp a SHA-256 (RFC 3161 section 2.4.1), which asks for the certificate of the authority, too. */
export function timestampRequest(digest: Buffer, nonce: Buffer, policy?: string): Buffer {
  const algorithm = der(TAG.sequence, oid(OID.sha256), der(TAG.null));
  // A leading byte 0 keeps the integer positive.
  const integer = der(TAG.integer, nonce[0]! > 0x7f ? Buffer.concat([Buffer.of(0), nonce]) : nonce);
  return der(
    TAG.sequence,
    der(TAG.integer, Buffer.of(1)),
    der(TAG.sequence, algorithm, der(TAG.octets, digest)),
    ...(policy === undefined ? [] : [oid(policy)]),
    integer,
    der(TAG.boolean, Buffer.of(0xff)),
  );
}

/**
 * Check a response of an authority (RFC 3161 section 2.4.2), as `openssl ts -verify` does: that it was granted, is about this
 * SHA-256, and was signed by the certificate in it, which is one for timestamps.
 *
 * @param trusted certificates of CAs: the chain has to end at one of them; undefined leaves the chain unchecked
 * @throws {@link TimestampRefused}
 */
export function readTimestamp(response: Buffer, digest: Buffer, trusted?: readonly X509Certificate[]): Timestamp {
  try {
    return checkTimestamp(response, digest, trusted);
  } catch (error) {
    if (error instanceof TimestampRefused) throw error;
    throw new TimestampRefused('is not a response of RFC 3161, or was changed', '不是 RFC 3161 响应，或已被改动');
  }
}

/** The certificates of a PEM text. @throws an error of Node.js for one that is none */
export function certificatesOf(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((one) => new X509Certificate(one));
}

function checkTimestamp(response: Buffer, digest: Buffer, trusted?: readonly X509Certificate[]): Timestamp {
  const [statusInfo, token] = parts(only(response, TAG.sequence));
  const status = integerOf(part(parts(part(statusInfo, TAG.sequence))[0], TAG.integer));
  // 0 granted, 1 granted with modifications.
  if (status !== '0' && status !== '1') {
    const why = `was refused by the authority (status ${status})`;
    throw new TimestampRefused(why, `被时间戳机构拒绝（状态 ${status}）`, true);
  }
  const [type, content] = parts(part(token, TAG.sequence));
  expect(oidOf(type) === OID.signedData);
  const [, , encapsulated, ...more] = parts(only(part(content, EXPLICIT_0).content, TAG.sequence));
  const [contentType, explicit] = parts(part(encapsulated, TAG.sequence));
  expect(oidOf(contentType) === OID.tstInfo);
  const tstInfo = only(part(explicit, EXPLICIT_0).content, TAG.octets).content;
  const timestamp = readTstInfo(tstInfo, digest);
  const certificates = more.filter(({ tag }) => tag === EXPLICIT_0).flatMap((set) => parts(set));
  const signers = parts(part(more.at(-1), TAG.set));
  // RFC 3161 section 2.4.2: the signature of the authority, and no other.
  expect(signers.length === 1);
  checkSignature(
    signers[0]!,
    tstInfo,
    certificates.map(({ raw }) => new X509Certificate(raw)),
    timestamp.at,
    trusted,
  );
  return timestamp;
}

function readTstInfo(tstInfo: Buffer, digest: Buffer): Timestamp {
  const [version, policy, imprint, serial, genTime, ...rest] = parts(only(tstInfo, TAG.sequence));
  expect(integerOf(version) === '1' && serial?.tag === TAG.integer);
  const [algorithm, hash] = parts(part(imprint, TAG.sequence));
  const isSha256 = oidOf(parts(part(algorithm, TAG.sequence))[0]) === OID.sha256;
  if (!isSha256 || !part(hash, TAG.octets).content.equals(digest)) {
    throw new TimestampRefused('is about something else: its digest is another one', '针对的是其他内容：摘要不符');
  }
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(part(genTime, GENERALIZED_TIME).content.toString()) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  expect(!Number.isNaN(at.getTime()));
  // The accuracy is a sequence: an integer at this level is the nonce.
  const nonce = rest.find(({ tag }) => tag === TAG.integer);
  return { at, policy: oidOf(policy), ...(nonce && { nonce: integerOf(nonce) }) };
}

function checkSignature(
  signer: Part,
  tstInfo: Buffer,
  certificates: readonly X509Certificate[],
  at: Date,
  trusted: readonly X509Certificate[] | undefined,
): void {
  const [, , digestAlgorithm, signedAttributes, signatureAlgorithm, signature] = parts(part(signer, TAG.sequence));
  const hash = hashOf(part(digestAlgorithm, TAG.sequence));
  const attributes = new Map(
    parts(part(signedAttributes, EXPLICIT_0)).map((attribute) => {
      const [type, values] = parts(part(attribute, TAG.sequence));
      return [oidOf(type), part(values, TAG.set).content];
    }),
  );
  expect(oidOf(only(attributes.get(OID.contentType), TAG.oid)) === OID.tstInfo);
  const messageDigest = only(attributes.get(OID.messageDigest), TAG.octets).content;
  expect(messageDigest.equals(createHash(hash).update(tstInfo).digest()));
  const certificate = certificates.find((one) => isNamedBy(attributes, one.raw));
  if (!certificate) {
    throw new TimestampRefused('does not have the certificate of its authority', '不含时间戳机构的证书');
  }
  // Signed as a SET, and stored with another tag (RFC 5652 section 5.4).
  const signed = Buffer.concat([Buffer.of(TAG.set), part(signedAttributes, EXPLICIT_0).raw.subarray(1)]);
  const algorithm = oidOf(parts(part(signatureAlgorithm, TAG.sequence))[0]);
  const isPss = algorithm === OID.rsaPss;
  const key = {
    key: certificate.publicKey,
    ...(isPss && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }),
  };
  const bytes = part(signature, TAG.octets).content;
  if (!verify(algorithm === OID.ed25519 ? undefined : hash, signed, key, bytes)) {
    throw new TimestampRefused('has a signature that is not valid: it was changed', '签名无效：已被改动');
  }
  // Node.js lists the extended key usage here.
  if (!certificate.keyUsage?.includes(OID.timeStamping)) {
    throw new TimestampRefused('was signed with a certificate that is not for timestamps', '签名证书不是时间戳证书');
  }
  if (trusted && !hasTrustedChain(certificate, certificates, trusted, at)) {
    throw new TimestampRefused(
      'was signed by an authority that the configured CA certificates do not lead to',
      '签名机构不在所配置的 CA 证书链上',
    );
  }
}

/** Whether the signed attributes name a certificate as that of the signer (RFC 5035). */
function isNamedBy(attributes: ReadonlyMap<string, Buffer>, certificate: Buffer): boolean {
  const v2 = attributes.get(OID.signingCertificateV2);
  const value = v2 ?? attributes.get(OID.signingCertificate);
  const [list] = parts(only(value, TAG.sequence));
  const [id] = parts(part(list, TAG.sequence));
  const [first, second] = parts(part(id, TAG.sequence));
  const hash = first?.tag === TAG.sequence ? hashOf(first) : v2 ? 'sha256' : 'sha1';
  const expected = part(first?.tag === TAG.sequence ? second : first, TAG.octets).content;
  return createHash(hash).update(certificate).digest().equals(expected);
}

/** Revocation is not checked: it needs the network, and `openssl ts -verify` does not do it either. */
function hasTrustedChain(
  certificate: X509Certificate,
  certificates: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  at: Date,
): boolean {
  const seen = new Set<string>();
  for (let current = certificate; !seen.has(current.fingerprint256);) {
    if (Date.parse(current.validFrom) > at.getTime() || Date.parse(current.validTo) < at.getTime()) return false;
    if (trusted.some(({ fingerprint256 }) => fingerprint256 === current.fingerprint256)) return true;
    seen.add(current.fingerprint256);
    const issuer = [...trusted, ...certificates].find((one) => {
      return one.ca && current.checkIssued(one) && current.verify(one.publicKey);
    });
    if (!issuer) return false;
    current = issuer;
  }
  return false;
}

/** A value in DER. */
interface Part {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly raw: Buffer;
}

function expect(condition: boolean): asserts condition {
  if (!condition) throw new RangeError('not as RFC 3161 has it');
}

/** The values that follow each other in the content of another one. */
function parts({ content }: { readonly content: Buffer }): Part[] {
  const found: Part[] = [];
  for (let at = 0; at < content.length;) {
    const one = read(content.subarray(at));
    found.push(one);
    at += one.raw.length;
  }
  return found;
}

function only(bytes: Buffer | undefined, tag: number): Part {
  const [one, ...more] = parts({ content: bytes ?? Buffer.alloc(0) });
  expect(more.length === 0);
  return part(one, tag);
}

function part(found: Part | undefined, tag: number): Part {
  expect(found?.tag === tag);
  return found;
}

function read(bytes: Buffer): Part {
  const tag = bytes[0];
  const first = bytes[1];
  expect(tag !== undefined && first !== undefined && (tag & 0x1f) !== 0x1f);
  const lengthBytes = first > 0x7f ? first & 0x7f : 0;
  // 0x80, an indefinite length, is not DER.
  expect(first !== 0x80 && lengthBytes <= 3 && bytes.length >= 2 + lengthBytes);
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  expect(bytes.length >= start + length);
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(0, start + length) };
}

/** A positive integer as hexadecimal digits without leading zeros. */
function integerOf(found: Part | undefined): string {
  return part(found, TAG.integer)
    .content.toString('hex')
    .replace(/^0+(?=.)/, '');
}

function hashOf(algorithm: Part): string {
  const hash = HASHES[oidOf(parts(algorithm)[0])];
  expect(hash !== undefined);
  return hash;
}

function oidOf(found: Part | undefined): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of part(found, TAG.oid).content) {
    number = number * 128 + (byte & 0x7f);
    if (byte > 0x7f) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join('.');
}

function oid(dotted: string): Buffer {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [root * 40 + second, ...rest].flatMap((number) => {
    const digits = [number & 0x7f];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return der(TAG.oid, Buffer.from(bytes));
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  // A request is short: fewer than 256 bytes.
  const length = content.length > 0x7f ? [0x81, content.length] : [content.length];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}
