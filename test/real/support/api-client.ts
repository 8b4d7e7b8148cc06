// Plain HTTPS to an apiserver over kept-alive connections: fast enough to judge hundreds of objects in a test.
import { Agent, request as send } from 'undici'

export interface ApiAnswer {
  readonly status: number
  readonly text: string
  /** The text as JSON, or undefined where it is none. */
  readonly body: unknown
}

/** A body that is no string is sent as JSON. Without a token the request is the administrator's. */
export type ApiRequest = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
  token?: string,
) => Promise<ApiAnswer>

export interface ApiClient {
  readonly request: ApiRequest
  readonly close: () => Promise<void>
}

export function createApiClient(server: { url: string; ca: string; token: string }): ApiClient {
  const agent = new Agent({ connect: { ca: server.ca } })
  const request: ApiRequest = async (method, path, body, headers = {}, token = server.token) => {
    const answer = await send(`${server.url}${path}`, {
      method,
      dispatcher: agent,
      headers: { authorization: `Bearer ${token}`, ...contentType(method, body), ...headers },
      body: body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, text, body: parseJson(text) }
  }
  return { request, close: () => agent.destroy() }
}

function contentType(method: string, body: unknown): Record<string, string> {
  if (body === undefined) return {}
  return { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
