import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { TicketService } from 'nestjs-bankcard-ocr';

/** What a load balancer asks before it sends anybody here. */
@Controller('ready')
export class ReadyController {
  constructor(private readonly tickets: TicketService) {}

  @Get()
  ready() {
    const { everObtained, generation, role } = this.tickets.status();
    if (!everObtained) throw new ServiceUnavailableException('no credentials yet');
    return { generation, role };
  }
}
