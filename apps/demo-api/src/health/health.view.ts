import { ApiProperty } from '@nestjs/swagger';

/** The process runs. */
export class LiveView {
  @ApiProperty({ type: String, enum: ['live'], example: 'live' })
  status!: 'live';
}

/** Requests can be served. */
export class ReadyView {
  @ApiProperty({ type: String, enum: ['ready'], example: 'ready' })
  status!: 'ready';

  @ApiProperty({
    type: String,
    enum: ['none', 'fresh', 'due', 'unknown'],
    description: 'none: expired, which an outage of Tencent causes; due: valid, the refresh is tried',
    example: 'fresh',
  })
  credentials!: 'none' | 'fresh' | 'due' | 'unknown';
}
