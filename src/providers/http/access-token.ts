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

/** For work that cannot be aborted itself: stops waiting for it, and leaves nothing behind on the signal. */
export async function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  const waiting = new AbortController()
  const aborted = new Promise<never>((_resolve, reject) => {
    const options = { once: true, signal: waiting.signal }
    signal.addEventListener('abort', () => reject(signal.reason as Error), options)
  })
  try {
    return await Promise.race([work(), aborted])
  } finally {
    waiting.abort()
  }
}
