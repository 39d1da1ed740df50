import { Controller, Get, HttpStatus, Param, Query, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { isBankCardOcrError } from 'nestjs-bankcard-ocr';
import { OrderNoParamsDto } from 'nestjs-bankcard-ocr/http';
import { RequireScopes } from '../auth/require-scopes.decorator.js';
import { ApiCardErrors } from '../docs/api-errors.decorator.js';
import { ArchivedOrderView, ArchiveView } from './archive.view.js';
import { OrderArchive } from './order-archive.js';

const FLAGS = ['true', 'false'] as const;

/** How an order in the archive is asked for. */
class ArchivedOrderQueryDto {
  @IsOptional()
  @IsIn(FLAGS)
  @ApiProperty({
    type: String,
    enum: FLAGS,
    required: false,
    description: 'Whether to read and hash again what is stored',
  })
  verify?: (typeof FLAGS)[number];
}

/** What was kept of the orders that this server has served. */
@ApiTags('archive')
@Controller()
export class ArchiveController {
  constructor(private readonly archive: OrderArchive) {}

  /** How many orders are kept, wait and are lost, over all instances. */
  @Get('archive')
  @RequireScopes('ops')
  @ApiOperation({ summary: 'How far the archive is' })
  @ApiOkResponse({ description: 'The counts', type: ArchiveView })
  @ApiCardErrors()
  async progress(): Promise<ArchiveView> {
    return ArchiveView.of(await reached(async () => this.archive.progress()));
  }

  /** Whether an order is kept, and under which reference. */
  @Get('bank-cards/:orderNo/archive')
  @RequireScopes('cards:read')
  @ApiOperation({ summary: 'What the archive has of an order' })
  @ApiOkResponse({ description: 'Its state', type: ArchivedOrderView })
  @ApiCardErrors()
  async order(
    @Param() { orderNo }: OrderNoParamsDto,
    @Query() { verify }: ArchivedOrderQueryDto,
  ): Promise<ArchivedOrderView> {
    const { isOn } = this.archive;
    const found = await reached(async () => this.archive.look(orderNo, verify === 'true'));
    if (found) return ArchivedOrderView.of(found.order, found.findings);
    const isWaiting = this.archive.isExpected(orderNo);
    return Object.assign(new ArchivedOrderView(), { state: !isOn ? 'off' : isWaiting ? 'waiting' : 'not-kept' });
  }
}

async function reached<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isBankCardOcrError(error)) throw error;
    throw new ServiceUnavailableException({
      statusCode: HttpStatus.SERVICE_UNAVAILABLE,
      error: 'Service Unavailable',
      message: 'the archive cannot be read at the moment; the log of this server has the reason',
    });
  }
}
