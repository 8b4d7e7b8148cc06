const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** RFC 3339, as Kubernetes reads times. JavaScript would read 30 February as 2 March. */
export function isDateTime(text: string): boolean {
  const [, day] = DATE_TIME.exec(text) ?? []
  if (day === undefined) return false
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
}

export const DATE_TIME_REMEDY = 'must be a time such as 2026-01-31T12:00:00Z'

/** As Kubernetes writes times: to the second. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
