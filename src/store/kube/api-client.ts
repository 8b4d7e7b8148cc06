// Requests to the Kubernetes API over one shared agent. What is no success becomes one of the model's errors.
import { errors, request as sendRequest, type Dispatcher } from 'undici'
import { errorFromAnswer, errorFromFailure } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { readLines } from './read-lines.ts'

export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ApiRequestOptions {
  /** Sent as JSON. */
  readonly body?: unknown
  /** For a PATCH one of PATCH_TYPES; application/json if absent. */
  readonly contentType?: string
  /** Statuses beside 2xx that are an answer to the caller rather than an error. */
  readonly accept?: readonly number[]
  readonly signal: AbortSignal
}

export interface ApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Undefined where the body of an answer to a GET is no JSON. */
  readonly json: unknown
}

export interface StreamOptions {
  /** It ends when nothing has come for so long. */
  readonly idleMs: number
  /** Called when the server has begun to answer. */
  readonly onOpen?: () => void
  readonly signal: AbortSignal
}

/**
 * Rejects with TransientError (`Unauthorized`, `Forbidden`, `NotAdmitted`, `NamespaceTerminating`, `NotFound`, `Conflict`, `Expired`,
 * `ApiUnavailable`), TerminalError (`ApiRefused`) or WaitingError (`RateLimited`), and with the signal's reason when aborted.
 */
export interface ApiClient {
  request(method: ApiMethod, path: string, options: ApiRequestOptions): Promise<ApiResponse>
  /** The lines of an answer that goes on, such as a watch. Ends when the server ends it, or is silent for too long. */
  stream(path: string, options: StreamOptions): AsyncIterable<string>
  /** Ends its connections. */
  close(): Promise<void>
}

export const PATCH_TYPES = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
} as const

const COMMON_HEADERS = { accept: 'application/json', 'user-agent': 'stoa' }
const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

export function createApiClient(connection: Connection): ApiClient {
  return {
    request: (method, path, options) => request(connection, { method, path }, options),
    stream: (path, options) => stream(connection, path, options),
    close: () => connection.close(),
  }
}

interface Call {
  readonly method: ApiMethod
  readonly path: string
}

async function request(connection: Connection, call: Call, options: ApiRequestOptions): Promise<ApiResponse> {
  try {
    const answer = await send(connection, call, { ...options, idleMs: TIMEOUT_MS })
    const json = parseJson(await readText(answer.body))
    const { statusCode: status, headers } = answer
    const isTaken = isSuccess(status) || options.accept?.includes(status) === true
    if (isTaken) return { status, headers, json: call.method === 'GET' ? json : insist(json) }
    throw errorFromAnswer({ ...call, status, retryAfter: retryAfterOf(answer), json })
  } catch (error) {
    options.signal.throwIfAborted()
    throw errorFromFailure(call.method, call.path, error)
  }
}

async function* stream(connection: Connection, path: string, options: StreamOptions): AsyncGenerator<string> {
  const call = { method: 'GET', path } as const
  try {
    const answer = await send(connection, call, options)
    const { statusCode: status } = answer
    if (!isSuccess(status)) {
      const json = parseJson(await readText(answer.body))
      throw errorFromAnswer({ ...call, status, retryAfter: retryAfterOf(answer), json })
    }
    options.onOpen?.()
    yield* readLines(answer.body)
  } catch (error) {
    options.signal.throwIfAborted()
    // Where nothing has happened since it started, an apiserver sends no bookmarks either: whether it is gone, the next request tells.
    if (error instanceof errors.BodyTimeoutError) return
    throw errorFromFailure(call.method, path, error)
  }
}

async function send(
  connection: Connection,
  { method, path }: Call,
  options: Partial<ApiRequestOptions> & Pick<StreamOptions, 'idleMs' | 'signal'>,
): Promise<Dispatcher.ResponseData> {
  const { body, contentType = 'application/json', idleMs, signal } = options
  signal.throwIfAborted()
  const authorization = await connection.authorize(signal)
  const { headers, dispatcher } = authorization
  const answer = await sendRequest(`${connection.server}${path}`, {
    method,
    dispatcher,
    signal,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: idleMs,
    headers: { ...COMMON_HEADERS, ...headers, ...(body !== undefined && { 'content-type': contentType }) },
    body: body === undefined ? null : JSON.stringify(body),
  })
  if (answer.statusCode === 401) connection.forgetCredentials(authorization)
  return answer
}

/** Every write is answered with JSON. Where that is missing it was not the apiserver that answered, but a proxy before it. */
function insist(json: unknown): unknown {
  if (json === undefined) throw new Error('the answer is not from the Kubernetes API')
  return json
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function retryAfterOf({ headers }: Dispatcher.ResponseData): string | undefined {
  const value = headers['retry-after']
  return Array.isArray(value) ? value[0] : value
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
