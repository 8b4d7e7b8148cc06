/** `EACCES: permission denied`, without the call and the path behind it. */
export function describeSystemError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/, \w+( '.*)?$/s, '')
}
