import { SignalCancellation } from '../../cancellation.js';
import { connectToVendor } from '../../connect-to-vendor.js';
import { BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { createOrderNo } from '../../ocr/create-order-no.js';
import { signedQuery } from '../../ocr/order-inquiry.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { SignatureService } from '../../signature/signature.service.js';
import { loadUndiciTransport } from '../../upstream/transport/load-undici.js';
import { ResultClient } from '../../upstream/result.client.js';
import { text } from '../text.js';
import { type Finding, findingsOf } from './finding.js';
import { judgeCredentialFailure, judgeQueryFailure } from './live-judgement.js';
import { obtainCredentials, type ObtainedCredentials } from './obtain-credentials.js';

const finding = findingsOf('live');

/** Whether the credentials work: get some by the ordinary rules, and query one order that does not exist. */
export async function checkLive(given: ResolvedOptions, signal: AbortSignal): Promise<Finding> {
  // The other transport has the same connections below it, and takes longer to load than all this.
  const options = await loadUndiciTransport().then(
    (): ResolvedOptions => ({ ...given, transport: 'undici', httpService: undefined }),
    () => given,
  );
  let obtained: ObtainedCredentials;
  try {
    obtained = await obtainCredentials(options, signal);
  } catch (error) {
    return judgeCredentialFailure(ours(error));
  }
  const { generation } = obtained.credentials;
  const facts = { generation, fetched: obtained.fetched };
  try {
    await queryOnce(options, obtained, signal);
  } catch (error) {
    return judgeQueryFailure(ours(error), obtained);
  }
  return finding('ok', text(`generation ${generation} is accepted`, `第 ${generation} 代凭证有效`), { facts });
}

/** One request, never repeated: a rejection must not make the library fetch other credentials. */
async function queryOnce(
  options: ResolvedOptions,
  { credentials }: ObtainedCredentials,
  signal: AbortSignal,
): Promise<void> {
  const { clock, appId, appIdParameter, version, baseUrl, paths, attemptTimeoutMs } = options;
  const connections = await connectToVendor(options, () => undefined);
  try {
    const path = baseUrl.prefix + paths.queryResult;
    const results = new ResultClient(connections.main, clock, { path, appIdParameter, appId, version });
    const query = signedQuery({ appId, version, signatures: new SignatureService() }, createOrderNo(), credentials);
    const { generation } = credentials;
    const cancellation = new SignalCancellation(signal);
    await results.queryResult({ query, generation, timeoutMs: attemptTimeoutMs, cancellation, attempt: 1 }, false);
  } finally {
    await connections.close();
  }
}

function ours(error: unknown): BankCardOcrError {
  if (isBankCardOcrError(error)) return error;
  throw error;
}
