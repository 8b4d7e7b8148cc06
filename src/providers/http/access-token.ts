// OAuth access tokens: the clouds' own libraries fetch and keep them, and each request carries the one of the moment.

import type { HttpAnswer } from './http-client.ts'

export interface TokenSource {
  /** Rejects with a TerminalError or a NoTokenError, also when aborted. */
  get(signal: AbortSignal): Promise<string>
  /** The token was refused: the next one is fetched anew. */
  forget(): void
}

export function bearerHeaders(tokens: TokenSource): (signal: AbortSignal) => Promise<Record<'authorization', string>> {
  return async (signal) => ({ authorization: `Bearer ${await tokens.get(signal)}` })
}

/** A token may end before its time. Nothing was done with one that is refused, so the call is sent once more with the next. */
export async function sendWithToken(tokens: TokenSource, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  const answer = await send()
  if (answer.status !== 401) return answer
  tokens.forget()
  return send()
}
