// Stands for kube-apiserver on loopback: objects with versions, uid and generation, paged lists, watches with bookmarks, patches,
// finalizers, preconditions, and faults when told to. Left out: schemas and admission, RBAC, field managers (an apply replaces the
// whole status), discovery, and every kind's own behaviour.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeObject {
  readonly [field: string]: unknown
  readonly metadata: FakeMetadata
}

interface FakeMetadata {
  readonly [field: string]: unknown
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly finalizers?: readonly string[]
  readonly deletionTimestamp?: string
}

export interface FakeCall {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface FakeAnswer {
  readonly respond: (body: unknown) => unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface FakeFault {
  readonly status: number
  readonly message?: string
  /** Reasons of `details.causes`. */
  readonly causes?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: string
  readonly object: FakeObject
  readonly version: number
}

interface OpenWatch {
  readonly call: FakeCall
  readonly matches: (change: Change) => boolean
  readonly response: ServerResponse
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

interface Target {
  /** `group/plural`. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

const PATH = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/

export class ApiserverFake {
  readonly calls: FakeCall[] = []
  /** An answer for a call instead of its being served, `break` for a connection that is cut, or `hang` for none at all. */
  fault: (call: FakeCall) => FakeFault | 'break' | 'hang' | undefined = () => undefined
  /** Answers of what is no stored object, such as `GET /version`: a value, or what makes one of the body that was sent. */
  readonly answers = new Map<string, FakeAnswer>()
  #server: Server
  #port = 0
  #objects = new Map<string, FakeObject>()
  #history: Change[] = []
  #version = 100
  #compactedTo = 0
  readonly #watches = new Set<OpenWatch>()

  private constructor() {
    this.#server = this.#createServer()
    this.seed('/api/v1/namespaces', { metadata: { name: 'kube-system' } })
  }

  static async start(): Promise<ApiserverFake> {
    const fake = new ApiserverFake()
    await fake.#listen(0)
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get watching(): readonly FakeCall[] {
    return [...this.#watches].map(({ call }) => call)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Comes back at the same address with the same objects. */
  async restart(): Promise<void> {
    await this.stop()
    this.#server = this.#createServer()
    await this.#listen(this.#port)
  }

  /** Versions from before can be neither watched nor paged any more. */
  compact(): void {
    this.#compactedTo = this.#version
    this.#history = []
  }

  /** Ends every watch: in good order, in the middle of a line, or with a line of one's own. */
  endWatches(how: 'close' | 'tear' | { readonly line: unknown }): void {
    for (const { response } of this.#watches) {
      if (how === 'tear') {
        response.write('{"type":"ADDED","obj')
        response.destroy()
      } else if (how === 'close') response.end()
      else response.end(`${JSON.stringify(how.line)}\n`)
    }
    this.#watches.clear()
  }

  /** What is given brings back all that is there now, with the versions of now, and ends every watch. */
  backUp(): () => void {
    const [objects, version] = [[...this.#objects], this.#version]
    return () => {
      this.#objects.clear()
      for (const [key, object] of objects) this.#objects.set(key, object)
      this.#version = version
      this.#history = []
      this.endWatches('close')
    }
  }

  bookmark(): void {
    for (const { response } of this.#watches) {
      send(response, 'BOOKMARK', { metadata: { resourceVersion: String(this.#version) } })
    }
  }

  /** Somebody creates an object, or replaces all of it but its status, finalizers and identity. `path` is that of the list. */
  seed(path: string, manifest: Readonly<Record<string, unknown>>): void {
    const target = parsePath(path)
    const metadata = manifest['metadata'] as { name: string; namespace?: string }
    const key = keyOf({ ...target, name: metadata.name })
    const present = this.#objects.get(key)
    if (present === undefined) this.#store(key, 'ADDED', this.#create(manifest, target))
    else {
      const kept = { status: present['status'], metadata: { finalizers: present.metadata.finalizers } }
      this.#replace(key, { ...kept, ...manifest, metadata: { ...kept.metadata, ...metadata } })
    }
  }

  /** Somebody deletes it. */
  remove(path: string): void {
    this.#delete(parsePath(path))
  }

  find(path: string): FakeObject | undefined {
    return this.#objects.get(keyOf(parsePath(path)))
  }

  /** All whose list has this path. */
  findAll(path: string): readonly FakeObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(keyOf(parsePath(path)))).map(([, object]) => object)
  }

  #createServer(): Server {
    return createServer((request, response) => void this.#handle(request, response))
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', this.url)
    const text = Buffer.concat(chunks).toString('utf8')
    const { method = 'GET', headers } = request
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const call: FakeCall = { method, path: url.pathname, query: url.searchParams, headers, body }
    this.calls.push(call)
    const fault = this.fault(call)
    if (fault === 'break') return void request.socket.destroy()
    if (fault === 'hang') return
    if (fault !== undefined) return end(response, failedAsTold(fault), fault.headers)
    const given = this.answers.get(`${method} ${call.path}`)
    if (given !== undefined) return end(response, { status: 200, body: given.respond(body) }, given.headers)
    const target = parsePath(call.path)
    if (method === 'GET' && call.query.has('watch')) return this.#watch(call, target, response)
    end(response, this.#serve(call, target))
  }

  #serve(call: FakeCall, target: Target): Answer {
    const present = this.#objects.get(keyOf(target))
    if (call.method === 'GET' && target.name === undefined) return this.#list(call, target)
    if (call.method === 'POST') return this.#post(call.body as FakeObject, target)
    if (present === undefined) return failed(404, 'not found')
    if (call.method === 'GET') return { status: 200, body: present }
    if (violatesPreconditions(call, present)) return failed(409, 'the object has been modified')
    if (call.method === 'DELETE') return { status: 200, body: this.#delete(target) }
    if (call.method === 'PUT') return { status: 200, body: this.#replace(keyOf(target), call.body as FakeObject) }
    return { status: 200, body: this.#patch(call, target, present) }
  }

  #list(call: FakeCall, target: Target): Answer {
    const matches = matcher(call, target)
    const found = [...this.#objects].filter(([key, object]) => matches({ resource: resourceOf(key), object }))
    const [from = 0, version = this.#version] = (call.query.get('continue') ?? '')
      .split('@')
      .filter(Boolean)
      .map(Number)
    if (version < this.#compactedTo) return failed(410, 'the continue token is too old')
    const limit = Number(call.query.get('limit') ?? found.length)
    const next = from + limit
    const rest = next < found.length ? { continue: `${next}@${version}` } : {}
    const items = found.slice(from, next).map(([, { apiVersion: _v, kind: _k, ...object }]) => object)
    return { status: 200, body: { metadata: { resourceVersion: String(version), ...rest }, items } }
  }

  #watch(call: FakeCall, target: Target, response: ServerResponse): void {
    const from = Number(call.query.get('resourceVersion'))
    if (from < this.#compactedTo) {
      response.writeHead(200).flushHeaders()
      send(response, 'ERROR', failed(410, 'too old resource version').body)
      return void response.end()
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const isMeant = matcher(call, target)
    // From a version that is still to come nothing is told before that, without a word.
    const watch: OpenWatch = { call, matches: (change) => change.version > from && isMeant(change), response }
    for (const change of this.#history) tell(watch, change)
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
  }

  #post(body: FakeObject, target: Target): Answer {
    const { name, generateName } = body.metadata
    const given = name ?? `${String(generateName)}${randomUUID().slice(0, 5)}`
    const key = keyOf({ ...target, name: given })
    if (this.#objects.has(key)) return failed(409, 'already exists')
    const created = this.#create({ ...body, metadata: { ...body.metadata, name: given } }, target)
    return { status: 201, body: this.#store(key, 'ADDED', created) }
  }

  #create(manifest: Readonly<Record<string, unknown>>, target: Target): FakeObject {
    const namespace = target.namespace === undefined ? {} : { namespace: target.namespace }
    const born = { uid: randomUUID(), generation: 1, creationTimestamp: new Date().toISOString() }
    const metadata = { ...(manifest['metadata'] as { name: string }), ...namespace, ...born, resourceVersion: '' }
    return { ...manifest, metadata }
  }

  #patch(call: FakeCall, target: Target, present: FakeObject): FakeObject {
    const body = call.body as FakeObject
    const key = keyOf(target)
    if (target.subresource === 'status') return this.#replace(key, { ...present, status: body['status'] })
    return this.#replace(key, mergePatch(present, body) as FakeObject)
  }

  #delete(target: Target): FakeObject | undefined {
    const key = keyOf(target)
    const present = this.#objects.get(key)
    if (present === undefined) return undefined
    if ((present.metadata.finalizers ?? []).length === 0) return this.#store(key, 'DELETED', present)
    const deletionTimestamp = present.metadata.deletionTimestamp ?? new Date().toISOString()
    const generation = Number(present.metadata['generation']) + 1
    return this.#store(key, 'MODIFIED', {
      ...present,
      metadata: { ...present.metadata, deletionTimestamp, generation },
    })
  }

  /** As the apiserver does, nothing happens when nothing is other than it was. */
  #replace(key: string, given: Readonly<Record<string, unknown>>): FakeObject {
    const present = this.#objects.get(key)
    if (present === undefined) throw new Error(`${key} is not there`)
    const { uid, resourceVersion, creationTimestamp, generation, deletionTimestamp } = present.metadata
    const specIsOther = JSON.stringify(present['spec']) !== JSON.stringify(given['spec'])
    const own = { uid, resourceVersion, creationTimestamp, generation: Number(generation) + (specIsOther ? 1 : 0) }
    const { namespace } = present.metadata
    const metadata = {
      ...(given['metadata'] as FakeMetadata),
      ...own,
      ...(namespace !== undefined && { namespace }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    }
    const next: FakeObject = { ...given, metadata }
    if (sortedText(next) === sortedText(present)) return present
    const isGone = deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0
    return this.#store(key, isGone ? 'DELETED' : 'MODIFIED', next)
  }

  #store(key: string, type: Change['type'], given: FakeObject): FakeObject {
    this.#version += 1
    const object = { ...given, metadata: { ...given.metadata, resourceVersion: String(this.#version) } }
    if (type === 'DELETED') this.#objects.delete(key)
    else this.#objects.set(key, object)
    const change: Change = { type, resource: resourceOf(key), object, version: this.#version }
    this.#history.push(change)
    for (const watch of this.#watches) tell(watch, change)
    return object
  }
}

function tell(watch: OpenWatch, change: Change): void {
  if (watch.matches(change)) send(watch.response, change.type, change.object)
}

function send(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`)
}

function end(response: ServerResponse, { status, body }: Answer, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function failed(status: number, message: string, details: unknown = {}): Answer {
  const reason = status === 410 ? 'Expired' : ''
  return { status, body: { kind: 'Status', status: 'Failure', code: status, reason, message, details } }
}

function failedAsTold({ status, message, causes = [] }: FakeFault): Answer {
  const words = message ?? (status === 403 ? 'User "stoa" cannot do that' : 'as told')
  return failed(status, words, { causes: causes.map((reason) => ({ reason })) })
}

function parsePath(path: string): Target {
  const [, group = '', namespace, plural = '', name, subresource] = PATH.exec(path) ?? []
  return { resource: `${group}/${plural}`, namespace, name, subresource }
}

function keyOf({ resource, namespace = '', name = '' }: Omit<Target, 'subresource'>): string {
  return `${resource} ${namespace}/${name}`
}

function resourceOf(key: string): string {
  return key.slice(0, key.indexOf(' '))
}

function matcher(
  { query }: FakeCall,
  { resource, namespace }: Target,
): (change: Pick<Change, 'resource' | 'object'>) => boolean {
  const name = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1]
  return (change) => {
    const { metadata } = change.object
    const isIn = namespace === undefined || metadata.namespace === namespace
    return change.resource === resource && isIn && (name === undefined || metadata.name === name)
  }
}

function violatesPreconditions({ body }: FakeCall, { metadata }: FakeObject): boolean {
  const { metadata: given, preconditions } = (body ?? {}) as { metadata?: FakeMetadata; preconditions?: FakeMetadata }
  const expected = preconditions ?? given
  const isOther = (field: 'uid' | 'resourceVersion'): boolean =>
    expected?.[field] !== undefined && expected[field] !== metadata[field]
  return isOther('uid') || isOther('resourceVersion')
}

function mergePatch(present: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged = { ...(present as Record<string, unknown> | undefined) }
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field]
    else merged[field] = mergePatch(merged[field], value)
  }
  return merged
}

function sortedText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
