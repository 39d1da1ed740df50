import { Controller, Get, HttpStatus, ServiceUnavailableException } from '@nestjs/common';
import { BankCardOcrHealth } from 'nestjs-bankcard-ocr';
import { Public } from '../auth/public.decorator.js';

/** For the orchestrator. Without Tencent's reasons: the route is public. */
@Controller('health')
export class HealthController {
  constructor(private readonly health: BankCardOcrHealth) {}

  @Public()
  @Get('live')
  live(): object {
    return { status: 'live' };
  }

  /**
   * Not ready only until the first credentials have come, which a wrong configuration never gets beyond, and when none are
   * left and the ticket store is lost. An outage of Tencent is no reason to take instances away: all would go at once, and
   * none would serve better.
   */
  @Public()
  @Get('ready')
  ready(): object {
    const { status, state } = this.health.check('credentials').credentials;
    if (status === 'up') return { status: 'ready', credentials: state };
    const message = 'no credentials have been obtained from Tencent, or none are left and the ticket store is lost';
    throw new ServiceUnavailableException({ statusCode: HttpStatus.SERVICE_UNAVAILABLE, status: 'starting', message });
  }
}
