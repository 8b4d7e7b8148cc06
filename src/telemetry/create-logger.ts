import { createConsoleLogger, type LineLoggerOptions } from './console-logger.ts'
import type { Logger } from './logger.ts'
import { createPinoLogger } from './pino-logger.ts'

export const LOG_FORMATS = ['console', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export function createLogger(format: LogFormat, options: LineLoggerOptions): Logger {
  return format === 'json' ? createPinoLogger(options) : createConsoleLogger(options)
}
