// How long a provider asks to be left alone.

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

const LONGEST_MS = 3_600_000

/** The header holds seconds, or a date by the clock of the other side, which says in the same answer what that shows now. */
export function readRetryAfterMs({ headers }: { readonly headers: AnswerHeaders }): number | undefined {
  const text = firstOf(headers['retry-after'])
  const afterMs = /^\d+$/.test(text) ? Number(text) * 1000 : dateOf(text) - dateOf(firstOf(headers['date']))
  return Number.isNaN(afterMs) ? undefined : Math.min(Math.max(afterMs, 0), LONGEST_MS)
}

function firstOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header)?.trim() ?? ''
}

/** Milliseconds, or NaN for what is no date as HTTP writes it (RFC 9110 §5.6.7). */
function dateOf(text: string): number {
  return text.endsWith(' GMT') ? Date.parse(text) : NaN
}
