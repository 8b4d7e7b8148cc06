// OAuth access tokens: the clouds' own libraries fetch and keep them, and each request carries the one of the moment.
import { TransientError } from '../../model/errors.ts'
import type { HttpAnswer, HttpCall, HttpClient } from './http-client.ts'

export interface TokenSource {
  get(signal: AbortSignal): Promise<string>
  /** The token was refused: the next one is fetched anew. */
  forget(): void
}

/** No token could be had, so nothing was asked of the provider. */
export class NoTokenError extends TransientError {}

export async function sendWithToken(
  http: HttpClient,
  tokens: TokenSource,
  call: HttpCall,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const authorization = `Bearer ${await tokens.get(signal)}`
  const answer = await http.send({ ...call, headers: { ...call.headers, authorization } }, signal)
  if (answer.status === 401) tokens.forget()
  return answer
}

/** For work that cannot be aborted itself: stops waiting for it when aborted, or when it takes too long. */
export async function within<Result>(
  timeoutMs: number,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  stop.throwIfAborted()
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(stop.reason as Error), { once: true })
  })
  return Promise.race([work(), stopped])
}
