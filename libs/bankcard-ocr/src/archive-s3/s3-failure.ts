import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { codeOrNameOf } from '../errors/redaction.js';

/** What of an error of the SDK is used here. */
interface SdkError {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number; readonly requestId?: string };
}

/** Waiting does not fix these. */
const PERMANENT =
  /^(?:AccessDenied|AllAccessDisabled|AuthorizationHeaderMalformed|Forbidden|InvalidAccessKeyId|InvalidBucketName|InvalidToken|NoSuchBucket|PermanentRedirect|RequestTimeTooSkewed|SignatureDoesNotMatch|CredentialsProviderError)$/;

/**
 * A request that did not succeed, in what is safe to show. The SDK's error is not its cause: S3 repeats the string to sign,
 * the key id and the signature in one that refuses a signature, and the SDK adds the request with its URL.
 */
export class S3Failure extends BankCardOcrError {
  /** Undefined when there was no response. */
  readonly #status: number | undefined;
  readonly #s3Code: string;
  readonly #attempts: number;
  readonly #isLate: boolean;

  constructor(operation: string, error: unknown, isLate: boolean) {
    const { httpStatusCode, attempts = 1, requestId } = (error as SdkError | undefined)?.$metadata ?? {};
    const s3Code = isLate ? 'TIMEOUT' : codeOrNameOf(error);
    const facts = [s3Code, httpStatusCode === undefined ? '' : `HTTP ${httpStatusCode}`, requestFact(requestId)];
    const about = `${operation}: ${facts.filter((fact) => fact !== '').join(', ')}`;
    const isPermanent = PERMANENT.test(s3Code) || httpStatusCode === 401 || httpStatusCode === 403;
    super('EVIDENCE_STORE_FAILED', {
      message: `the evidence store failed (${about})`,
      messageZh: `存证存储请求失败（${about}）`,
      ...(isPermanent && { retryable: false, actor: 'developer' as const }),
    });
    this.#status = isLate ? undefined : httpStatusCode;
    this.#s3Code = s3Code;
    this.#attempts = attempts;
    this.#isLate = isLate;
  }

  /** The object is there already, as S3 and COS say it. */
  get saysExists(): boolean {
    return this.#status === 412 || (this.#status === 409 && this.#s3Code === 'FileAlreadyExists');
  }

  /** Another write to the same name was under way: it says nothing about which one counts. */
  get saysConflict(): boolean {
    return this.#status === 409 && this.#s3Code !== 'FileAlreadyExists';
  }

  get saysMissing(): boolean {
    return this.#status === 404 && this.#s3Code !== 'NoSuchBucket';
  }

  /** The server does not do what a header asks for. */
  get saysUnsupported(): boolean {
    return this.#status === 501 || (this.#status === 400 && !this.isPermanent);
  }

  get saysForbidden(): boolean {
    return this.#status === 403;
  }

  /** The time limit is over. */
  get isLate(): boolean {
    return this.#isLate;
  }

  get isPermanent(): boolean {
    return !this.retryable;
  }

  /** Whether the request may have been carried out all the same, by this attempt or one that the SDK made before. */
  get isInDoubt(): boolean {
    return this.#attempts > 1 || this.#status === undefined || (this.#status >= 500 && this.#status !== 501);
  }
}

/** What the operator of the store needs to find the request in its log. */
function requestFact(requestId: string | undefined): string {
  return requestId !== undefined && /^[\w-]{1,64}$/.test(requestId) ? `request ${requestId}` : '';
}
