// Our objects through kubectl where there is no cluster: enough of the Kubernetes API to list, read, watch and wait, and nothing to write.
import type { Clock } from '../../model/clock.ts'
import type { ObjectKey, StoreReader } from '../../store/store.ts'
import { jsonAnswer, type Answer, type HttpRequest, type Stream } from '../answer.ts'
import { startHttpServer, type HttpServerOptions, type RunningHttpServer } from '../http-server.ts'
import { discover } from './discovery.ts'
import { ObjectLog } from './object-log.ts'
import type { RawObject, ViewKind } from './raw-object.ts'
import { chooseRendering, type Rendering } from './render-objects.ts'
import { parseFieldSelector, parseLabelSelector, UnreadableSelector, type Matcher } from './selectors.ts'
import { refuse, refuseMissing } from './status-object.ts'
import { resourceNameOf, VIEW_DEFINITIONS } from './view-kinds.ts'
import { parseViewPath, type ViewPath } from './view-path.ts'
import { streamWatch, type Watch } from './watch-stream.ts'

export interface KubectlViewPort extends Pick<StoreReader, 'subscribe'> {
  /** With uid, generation, creationTimestamp and status. An object that did not change is the same value again, or an equal one. */
  listRaw(kind: ViewKind): Iterable<RawObject>
  /** Where a person changes it: a path in the repository. */
  fileOf(kind: ViewKind, key: ObjectKey): string | undefined
  readonly clock: Pick<Clock, 'now' | 'monotonicNow'>
}

type Logs = ReadonlyMap<ViewKind, ObjectLog>

/** Meant for loopback: whoever reaches it reads everything that the store shows. */
export async function startKubectlView(options: HttpServerOptions, port: KubectlViewPort): Promise<RunningHttpServer> {
  const logs: Logs = new Map(
    VIEW_DEFINITIONS.map(({ kind }) => [kind, new ObjectLog(() => port.listRaw(kind), port.clock.now())]),
  )
  const unsubscribe = followChanges(port, logs)
  try {
    const server = await startHttpServer(options, (request) => answerRequest(request, port, logs))
    return {
      port: server.port,
      close: () => {
        unsubscribe()
        return server.close()
      },
    }
  } catch (error) {
    unsubscribe()
    throw error
  }
}

/** Changes that come together are looked at together. */
function followChanges(port: KubectlViewPort, logs: Logs): () => void {
  const waiting = new Set<ObjectLog>()
  return port.subscribe(({ kind }) => {
    const log = kind === 'Service' || kind === 'Namespace' || kind === 'Secret' ? undefined : logs.get(kind)
    if (log === undefined || waiting.has(log)) return
    waiting.add(log)
    setImmediate(() => {
      waiting.delete(log)
      log.refresh()
    })
  })
}

function answerRequest(request: HttpRequest, port: KubectlViewPort, logs: Logs): Answer | Stream {
  const { method, url, headers } = request
  if (!isLoopbackName(headers.host)) {
    // A page in a browser can make any name of its own mean 127.0.0.1, and would then read this as its own.
    return refuse({
      code: 403,
      reason: 'Forbidden',
      message: 'this server answers to localhost, 127.0.0.1 and [::1] only',
    })
  }
  const path = parseViewPath(url.pathname)
  if (method !== 'GET' && method !== 'HEAD') return refuseWrite(path, port)
  if (path !== undefined) return answerPath(request, path, { port, log: logs.get(path.definition.kind) })
  const document = discover(url.pathname)
  if (document !== undefined) return jsonAnswer(200, document)
  return refuse({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' })
}

function isLoopbackName(host = ''): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host)
}

function refuseWrite(path: ViewPath | undefined, port: KubectlViewPort): Answer {
  const message = path === undefined ? 'this server only reads' : describeRemedy(path, port)
  return refuse({ code: 405, reason: 'MethodNotAllowed', message })
}

function describeRemedy({ definition, namespace = '', name }: ViewPath, port: KubectlViewPort): string {
  const what = resourceNameOf(definition)
  if (name === undefined) return `${what} are read-only here: add the object to a file in Git and commit`
  const file = port.fileOf(definition.kind, { namespace, name })
  return `${what} "${name}" is read-only here: change it in Git${file === undefined ? '' : `: ${file}`}`
}

interface Source {
  readonly port: KubectlViewPort
  readonly log: ObjectLog | undefined
}

function answerPath(request: HttpRequest, path: ViewPath, { port, log }: Source): Answer | Stream {
  const { definition, namespace, name } = path
  if (log === undefined) return refuseMissing(definition, name ?? '')
  const query = request.url.searchParams
  const rendering = (): Rendering =>
    chooseRendering({
      ...{ definition, accept: request.headers.accept ?? '', includeObject: query.get('includeObject') },
      now: port.clock.now(),
    })
  log.refresh()
  if (name !== undefined && !isTrue(query.get('watch'))) {
    const object = log.objects().find(({ metadata }) => metadata.name === name && isIn(metadata.namespace, namespace))
    return object === undefined ? refuseMissing(definition, name) : jsonAnswer(200, rendering().one(object))
  }
  try {
    const matches = parseSelection(query, path)
    if (isTrue(query.get('watch'))) return answerWatch(query, { log, matches, rendering, clock: port.clock })
    return jsonAnswer(200, rendering().list(log.objects().filter(matches), log.version))
  } catch (error) {
    if (error instanceof UnreadableSelector) return refuse({ code: 400, reason: 'BadRequest', message: error.message })
    throw error
  }
}

function isIn(actual: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || actual === wanted
}

function parseSelection(query: URLSearchParams, { definition, namespace, name }: ViewPath): Matcher {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '')
  const byField = parseFieldSelector(query.get('fieldSelector') ?? '', definition)
  return (object) =>
    isIn(object.metadata.namespace, namespace) && isIn(object.metadata.name, name) && byLabel(object) && byField(object)
}

type Selection = Omit<Watch, 'since' | 'timeoutSeconds'>

function answerWatch(query: URLSearchParams, selection: Selection): Answer | Stream {
  if (query.has('sendInitialEvents')) {
    // What an apiserver without the feature says; clients then list first.
    const message =
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'
    return refuse({ code: 422, reason: 'Invalid', message })
  }
  const since = toNumber(query.get('resourceVersion'))
  return streamWatch({ ...selection, since, timeoutSeconds: toNumber(query.get('timeoutSeconds')) })
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1'
}

function toNumber(value: string | null): number | undefined {
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
