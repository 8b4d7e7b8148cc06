// The port to the log. Messages are constant texts; what varies goes into the fields, and secrets into neither.

export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that says these fields with every line, such as the id of a reconcile. */
  with(fields: LogFields): Logger
}

export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => SILENT_LOGGER,
}
