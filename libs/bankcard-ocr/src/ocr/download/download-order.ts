import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import type { CardPhotos } from '../../card/card-photo.js';
import type { ResultClient } from '../../upstream/result.client.js';
import type { OrderInquiry } from '../order-inquiry.js';
import { Download } from './download.js';
import type { DownloadManifest } from './download-manifest.js';
import type { PhotoDestination } from './photo-destination.js';
import { SinkFailure } from './sink-failure.js';

/** What one attempt has brought. */
interface DownloadedOrder {
  readonly photos: Pick<CardPhotos, 'status'>;
  readonly manifest: DownloadManifest;
}

/**
 * Let the photos of an order flow to their destination, attempt by attempt.
 *
 * @throws what the destination failed with, as it is
 */
export async function downloadOrder(
  inquiry: OrderInquiry,
  results: ResultClient,
  destination: PhotoDestination,
): Promise<DownloadManifest> {
  // Counted through all that is waited for, so that no two are the same.
  let attempt = 0;
  try {
    const { manifest } = await inquiry.ask<DownloadedOrder>(async (request) => {
      attempt += 1;
      const download = new Download(request.query.orderNo, attempt, destination);
      try {
        // Judged before anything is kept: photos of a card that is rejected leave no file.
        const result = inquiry.judge(await results.queryResult(request, download));
        return { photos: result.photos, manifest: await manifestOf(result, download) };
      } catch (error) {
        await download.abandon(error);
        throw error;
      }
    });
    return manifest;
  } catch (error) {
    throw error instanceof SinkFailure ? error.cause : error;
  }
}

async function manifestOf(result: BankCardOcrResult, download: Download): Promise<DownloadManifest> {
  const { orderNo, bizSeqNo, operatedAt, retention, photos } = result;
  return {
    orderNo,
    ...(bizSeqNo === undefined ? {} : { bizSeqNo }),
    ...(operatedAt === undefined ? {} : { operatedAt }),
    ...(retention === undefined ? {} : { retention }),
    photos: await download.complete(),
    damaged: photos.damaged,
    status: photos.status,
  };
}
