import { Controller, Get, HttpStatus, ServiceUnavailableException } from '@nestjs/common';
import { TicketService } from 'nestjs-bankcard-ocr';
import { Public } from '../auth/public.decorator.js';

/** For the orchestrator. Without Tencent's reasons: the route is public. */
@Controller('health')
export class HealthController {
  constructor(private readonly tickets: TicketService) {}

  @Public()
  @Get('live')
  live(): object {
    return { status: 'live' };
  }

  /**
   * Not ready only until the first credentials have come, which a wrong configuration never gets beyond. Later an
   * outage of Tencent is no reason to take instances away: all would go at once, and none would serve better.
   */
  @Public()
  @Get('ready')
  ready(): object {
    const { everObtained, state } = this.tickets.status();
    if (everObtained) return { status: 'ready', credentials: state };
    const message = 'no credentials have been obtained from Tencent yet';
    throw new ServiceUnavailableException({ statusCode: HttpStatus.SERVICE_UNAVAILABLE, status: 'starting', message });
  }
}
