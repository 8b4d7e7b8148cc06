// What a route answers: a value, or a stream that goes on until either side ends it.
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Stream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Writes until `ended`, which aborts when the client goes or the server stops. */
  readonly pipe: (response: ServerResponse, ended: AbortSignal) => Promise<void>
}

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: AsyncIterable<Buffer>
}

export type Handler = (request: HttpRequest) => Answer | Stream | Promise<Answer | Stream>

export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` }
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}

/** Names what would have been right, as the protocol asks (RFC 9110 §15.5.6). */
export function methodNotAllowed(allowed: string): Answer {
  return textAnswer(405, `only ${allowed} is answered here`, { allow: allowed })
}
