// The log for machines: JSON, one object per line, by pino.
import { pino } from 'pino'
import type { LineLoggerOptions } from './console-logger.ts'
import type { LogFields, Logger } from './logger.ts'

export function createPinoLogger({ level, write, now }: LineLoggerOptions): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return wrap(pino(options, { write }))
}

/** The part of pino that the port needs. */
interface PinoLike {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): PinoLike
}

function wrap(inner: PinoLike): Logger {
  return {
    debug: (message, fields = {}) => inner.debug(fields, message),
    info: (message, fields = {}) => inner.info(fields, message),
    warn: (message, fields = {}) => inner.warn(fields, message),
    error: (message, fields = {}) => inner.error(fields, message),
    with: (fields) => wrap(inner.child(fields)),
  }
}
