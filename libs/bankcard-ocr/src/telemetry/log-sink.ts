/** Where log lines go; the `Logger` of @nestjs/common is one. */
export interface LogSink {
  debug(line: string): void;
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}
