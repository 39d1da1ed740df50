import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Put } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { RequireScopes } from '../auth/require-scopes.decorator.js';
import {
  EVENT_NAMES,
  type EventName,
  FAULT_NAMES,
  type FaultName,
  SandboxControls,
  type SandboxState,
} from './sandbox-controls.js';

class FaultParams {
  @IsIn(FAULT_NAMES)
  name!: FaultName;
}

class EventParams {
  @IsIn(EVENT_NAMES)
  name!: EventName;
}

class PassTimeDto {
  /** How many minutes pass; a token lives for two hours. */
  @IsInt()
  @Min(1)
  @Max(24 * 60)
  minutes!: number;
}

/** The sandbox behind this demo. These routes exist only when the demo was started on it. */
@ApiExcludeController()
@Controller('sandbox')
@RequireScopes('ops')
export class SandboxController {
  constructor(private readonly controls: SandboxControls) {}

  @Get()
  state(): SandboxState {
    return this.controls.state();
  }

  @Put('faults/:name')
  switchOn(@Param() { name }: FaultParams): SandboxState {
    this.controls.switchFault(name, true);
    return this.controls.state();
  }

  @Delete('faults/:name')
  switchOff(@Param() { name }: FaultParams): SandboxState {
    this.controls.switchFault(name, false);
    return this.controls.state();
  }

  @Post('events/:name')
  @HttpCode(HttpStatus.OK)
  happen(@Param() { name }: EventParams): SandboxState {
    this.controls.happen(name);
    return this.controls.state();
  }

  /** Let time pass for the sandbox and this backend: tickets become old, and refreshes due. */
  @Post('time')
  @HttpCode(HttpStatus.OK)
  pass(@Body() { minutes }: PassTimeDto): SandboxState {
    this.controls.pass(minutes * 60_000);
    return this.controls.state();
  }
}
