import { type BankCardOcrOptions, RecognitionError, RecognitionService } from 'nestjs-bankcard-ocr';
import { failureWith } from './failure-with.js';
import { beginStage, type QueryStage } from './query-stage.js';

/** The endpoint that images are sent to, as faults and the journal of the sandbox name it. */
export const RECOGNIZE = 'bankcardocrapp';

/** An image that begins as a JPEG does. */
export const JPEG = Buffer.concat([
  Buffer.from('ffd8ffe000104a464946000101', 'hex'),
  Buffer.alloc(100_000, 'picture '),
]);

/** A stage for recognitions; it ends as every other one does. */
export interface RecognitionStage extends QueryStage {
  readonly recognition: RecognitionService;
}

export async function beginRecognition(change: Partial<BankCardOcrOptions> = {}): Promise<RecognitionStage> {
  const stage = await beginStage(change);
  return { ...stage, recognition: stage.app.application.get(RecognitionService) };
}

/** The error with which a recognition fails. */
export function recognitionFailure(failing: Promise<unknown>): Promise<RecognitionError> {
  return failureWith(RecognitionError, failing);
}
