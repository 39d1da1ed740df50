import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { type PhotoTransaction, type PhotoSink, sinkTransaction } from './photo-sink.js';
import { PhotoDirectory } from './photo-directory.js';

/** Where downloaded photos go: a sink of the application's own, or a directory ({@link toDirectory}). */
export type PhotoDestination = PhotoSink | PhotoDirectory;

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` for anything else */
export function checkPhotoDestination(destination: unknown): asserts destination is PhotoDestination {
  if (typeof destination === 'function' || destination instanceof PhotoDirectory) return;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: 'the sink must be a function that returns a Writable for each photo, or toDirectory(path)',
    messageZh: 'sink 必须是返回 Writable 的函数，或 toDirectory(path)',
  });
}

/** Where the photos of one attempt go. */
export function transactionOf(destination: PhotoDestination): PhotoTransaction {
  return typeof destination === 'function' ? sinkTransaction(destination) : destination.batch();
}
