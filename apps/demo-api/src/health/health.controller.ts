import { Controller, Get, HttpStatus, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { BankCardOcrHealth } from 'nestjs-bankcard-ocr';
import { Public } from '../auth/public.decorator.js';
import { StartingBody } from '../docs/error-bodies.js';
import { ShutdownNotice } from './shutdown-notice.js';
import { LiveView, ReadyView } from './health.view.js';

/** For the orchestrator. Without Tencent's reasons: the route is public. */
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: BankCardOcrHealth,
    private readonly shutdown: ShutdownNotice,
  ) {}

  @Public()
  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ description: 'It runs', type: LiveView })
  live(): LiveView {
    return { status: 'live' };
  }

  /**
   * Not ready only until the first credentials have come, which a wrong configuration never gets beyond, and when none are
   * left and the ticket store is lost. An outage of Tencent is no reason to take instances away: all would go at once, and
   * none would serve better. At the end it says so first, before the server closes.
   */
  @Public()
  @Get('ready')
  @ApiOperation({ summary: 'Whether requests can be served' })
  @ApiOkResponse({ description: 'They can', type: ReadyView })
  @ApiServiceUnavailableResponse({ description: 'Not yet', type: StartingBody })
  ready(): ReadyView {
    if (this.shutdown.isStopping) throw notReady('stopping', 'this instance is about to end');
    const { status, state } = this.health.check('credentials').credentials;
    // Nobody replaces the TicketService of the demo: its state is known.
    if (status === 'up' && state !== 'unknown') return { status: 'ready', credentials: state };
    const message = 'no credentials have been obtained from Tencent yet, or none are left and the ticket store is lost';
    throw notReady('starting', message);
  }
}

function notReady(status: StartingBody['status'], message: string): ServiceUnavailableException {
  return new ServiceUnavailableException({ statusCode: HttpStatus.SERVICE_UNAVAILABLE, status, message });
}
