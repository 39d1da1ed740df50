import { ApiProperty } from '@nestjs/swagger';
import { PHOTO_KINDS, type PhotoKind } from 'nestjs-bankcard-ocr';
import type { KeptOrder } from 'nestjs-bankcard-ocr/archive';
import type { ArchiveProgress } from './order-archive.js';

/** Why an order was not kept lately. */
export class ArchiveFailureView {
  @ApiProperty({ type: String, description: 'An error code, STORE, or the code of the system', example: 'ENOSPC' })
  code!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  at!: string;
}

/** How far the archive is. */
export class ArchiveView {
  @ApiProperty({ type: Boolean, description: 'false: this server has no archive, and no other member follows' })
  enabled!: boolean;

  @ApiProperty({ type: 'integer', required: false, description: 'Orders in the archive, erased ones too', example: 17 })
  kept?: number;

  @ApiProperty({ type: 'integer', required: false, description: 'Orders that are not kept yet', example: 2 })
  waiting?: number;

  @ApiProperty({ type: 'integer', required: false, description: 'Orders that can no longer be kept', example: 0 })
  lost?: number;

  @ApiProperty({ type: Number, required: false, description: 'Age of the oldest one that waits', example: 4_100 })
  oldestWaitingMs?: number;

  @ApiProperty({
    type: () => ArchiveFailureView,
    required: false,
    description: 'Of this instance; until it keeps an order',
  })
  lastFailure?: ArchiveFailureView;

  static of(progress: ArchiveProgress | undefined): ArchiveView {
    if (!progress) return Object.assign(new ArchiveView(), { enabled: false });
    const { lastFailure, ...counts } = progress;
    const failure = lastFailure && { lastFailure: { code: lastFailure.code, at: lastFailure.at.toISOString() } };
    return Object.assign(new ArchiveView(), { enabled: true, ...counts, ...failure });
  }
}

const STATES = ['kept', 'restricted', 'held', 'erased', 'waiting', 'not-kept', 'off'] as const;

/** What the archive has of an order; nothing of it says whose card it is. */
export class ArchivedOrderView {
  @ApiProperty({
    type: String,
    enum: STATES,
    description:
      'kept; restricted: kept, and not to be read; held: kept, and not to be erased; erased; waiting: to be kept; ' +
      'not-kept: this server has not served it lately; off: no archive',
    example: 'kept',
  })
  state!: (typeof STATES)[number];

  @ApiProperty({
    type: String,
    required: false,
    description: 'The order number as a keyed hash: the name in the archive',
  })
  ref?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false })
  keptAt?: string;

  @ApiProperty({ type: String, required: false, example: 'default' })
  retentionClass?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'The end of a legal hold' })
  heldUntil?: string;

  @ApiProperty({ enum: PHOTO_KINDS, isArray: true, required: false })
  photos?: PhotoKind[];

  @ApiProperty({ enum: PHOTO_KINDS, isArray: true, required: false, description: 'Photos that Tencent never sent' })
  missing?: PhotoKind[];

  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'With verify=true: how many changes a verification has found; 0 for none',
    example: 0,
  })
  findings?: number;

  static of(kept: KeptOrder, findings: number | undefined): ArchivedOrderView {
    const { ref, keptAt, retentionClass, state, heldUntil, photos, missing } = kept;
    return Object.assign(new ArchivedOrderView(), {
      state,
      ref,
      keptAt: keptAt.toISOString(),
      retentionClass,
      ...(heldUntil && { heldUntil: heldUntil.toISOString() }),
      photos: [...photos],
      missing: [...missing],
      ...(findings !== undefined && { findings }),
    });
  }
}
