/** From the most to the least talkative. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** In any case; undefined when it is none. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const lower = text.trim().toLowerCase()
  return LOG_LEVELS.find((level) => level === lower)
}
