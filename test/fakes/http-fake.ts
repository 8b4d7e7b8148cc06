// An HTTP server on loopback that stands for a provider's API: it counts what it is asked, and fails when told to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface FakeAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What shall happen to the next request instead of, or after, its being served. */
export type Fault =
  | { readonly kind: 'answer'; readonly answer: FakeAnswer }
  /** Never answered, and not carried out. */
  | { readonly kind: 'hang' }
  /** The connection breaks before it is carried out. */
  | { readonly kind: 'refuse' }
  /** It is carried out, but the answer is lost. */
  | { readonly kind: 'lose-answer' }

export class HttpFake {
  readonly calls: FakeRequest[] = []
  /** Bytes of bodies, both ways. */
  bytes = 0
  latencyMs = 0
  /** What becomes of every answer on its way, while it is set. */
  mangle: ((text: string) => string) | undefined
  /** What somebody else does before a request is served. */
  onCall: ((request: FakeRequest) => Promise<void>) | undefined
  readonly #server: Server
  readonly #serve: (request: FakeRequest) => FakeAnswer
  #faults: { fault: Fault; matches: (request: FakeRequest) => boolean; times: number }[] = []

  private constructor(serve: (request: FakeRequest) => FakeAnswer) {
    this.#serve = serve
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  static async start(serve: (request: FakeRequest) => FakeAnswer): Promise<HttpFake> {
    const fake = new HttpFake(serve)
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The next `times` requests that match fail in this way. */
  fail(fault: Fault, times = 1, matches: (request: FakeRequest) => boolean = () => true): void {
    this.#faults.push({ fault, matches, times })
  }

  heal(): void {
    this.#faults = []
  }

  writes(): readonly FakeRequest[] {
    return this.calls.filter(({ method }) => method !== 'GET')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const url = new URL(message.url ?? '/', 'http://fake')
    const body = Buffer.concat(chunks).toString('utf8')
    const request = {
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      body,
    }
    this.calls.push(request)
    this.bytes += body.length
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs))
    await this.onCall?.(request)
    const fault = this.#takeFault(request)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'refuse') return void message.socket.destroy()
    const answer = fault?.kind === 'answer' ? fault.answer : this.#serve(request)
    if (fault?.kind === 'lose-answer') return void message.socket.destroy()
    const sent = textOf(answer.body)
    const text = typeof sent === 'string' ? (this.mangle?.(sent) ?? sent) : sent
    this.bytes += text.length
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text)
  }

  #takeFault(request: FakeRequest): Fault | undefined {
    const planned = this.#faults.find(({ matches, times }) => times > 0 && matches(request))
    if (planned !== undefined) planned.times -= 1
    return planned?.fault
  }
}

/** Bytes go as they are. */
function textOf(body: unknown): string | Uint8Array {
  if (body === undefined) return ''
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
}
