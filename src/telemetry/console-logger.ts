// The log for people at a terminal: one calm line per message, `12:34:56 INFO  zone settled zone=example.com records=12`.
import { LOG_LEVELS, type LogLevel } from './log-level.ts'
import type { LogFields, Logger } from './logger.ts'

export interface LineLoggerOptions {
  readonly level: LogLevel
  /** Takes one line with its end. */
  readonly write: (line: string) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export function createConsoleLogger(options: LineLoggerOptions, context: LogFields = {}): Logger {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level)) return
      options.write(formatLine(options.now(), level, message, { ...context, ...fields }))
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => createConsoleLogger(options, { ...context, ...fields }),
  }
}

function formatLine(time: number, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}=${formatValue(String(value))}`,
  )
  // Local time: whoever reads this sits before the clock on the wall.
  const clock = new Date(time).toTimeString().slice(0, 8)
  return `${clock} ${level.toUpperCase().padEnd(5)} ${escapeControls(message)}${pairs.join('')}\n`
}

/** Quoted where it could be misread. */
function formatValue(text: string): string {
  return /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : escapeControls(JSON.stringify(text))
}

/** A text from outside must neither start a new line nor speak to the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
