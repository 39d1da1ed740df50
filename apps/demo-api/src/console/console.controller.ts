import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Controller, Get, Header, Inject, NotFoundException, Optional, Param, StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { MovableClock } from '../sandbox/movable-clock.js';
import { SHOWN_KEY } from '../sandbox/sandbox.module.js';

/** Nothing but the page's own files runs or shows, and no text becomes markup or code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' } as const;

/** The files of the page, read once. */
const FILES: ReadonlyMap<string, { readonly bytes: Buffer; readonly type: string }> = new Map(
  (
    [
      'index.html',
      'console.css',
      'console.js',
      'api.js',
      'archive.js',
      'cards.js',
      'credentials.js',
      'dom.js',
      'parts.js',
      'sandbox.js',
      'texts.js',
      'icon.svg',
    ] as const
  ).map((name) => {
    const type = TYPES[name.split('.')[1] as keyof typeof TYPES];
    return [name, { bytes: readFileSync(path.join(__dirname, 'page', name)), type: `${type}; charset=utf-8` }];
  }),
);

/** The console: a page for the people who work with cards and look after the service. It has no data of its own. */
@ApiExcludeController()
@Controller()
export class ConsoleController {
  constructor(
    @Optional() private readonly clock?: MovableClock,
    @Optional() @Inject(SHOWN_KEY) private readonly shownKey?: string,
  ) {}

  @Public()
  @Get()
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  page(): StreamableFile {
    return file('index.html');
  }

  /** What the page has to know of this server before anybody has shown a key. */
  @Public()
  @Get('console/settings')
  settings(): { sandbox: boolean; key?: string } {
    return { sandbox: this.clock !== undefined, ...(this.shownKey !== undefined && { key: this.shownKey }) };
  }

  @Public()
  @Get('console/:name')
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  part(@Param('name') name: string): StreamableFile {
    return file(name);
  }
}

function file(name: string): StreamableFile {
  const found = FILES.get(name);
  if (!found) throw new NotFoundException();
  return new StreamableFile(found.bytes, { type: found.type, length: found.bytes.length });
}
