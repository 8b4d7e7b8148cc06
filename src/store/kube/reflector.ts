// Keeps a cache true to one list of the Kubernetes API: reads it in pages, watches it from there, and goes on whatever happens.
import type { Clock, Random } from '../../model/clock.ts'
import { toReconcileError, TransientError, type ReconcileError } from '../../model/errors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { ApiClient } from './api-client.ts'
import { apiPath, type ApiResource } from './api-path.ts'
import { listPages, readListVersion } from './list-pages.ts'
import { isOlderVersion, readIdentity } from './object-identity.ts'
import {
  afterListFailure,
  afterWatch,
  FIRST_COURSE,
  WORKED_MS,
  type Course,
  type NextStep,
  type WatchEnd,
} from './watch-course.ts'
import { parseWatchEvent } from './watch-event.ts'

/** Where the objects of a reflector go. None of these may throw: the same object would come again and again. */
export interface ReflectorSink {
  listBegins(): void
  /** New, changed, or only listed again. */
  put(object: unknown): void
  remove(object: unknown): void
  /** Everything up to this version has been given, or is in the list that is being given. */
  reached(version: string): void
  /** These are the keys of all there is: everything else is gone. */
  listEnds(keys: ReadonlySet<string>): void
}

export interface ReflectorPorts {
  readonly client: ApiClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** A watch that is silent for longer is opened anew; bookmarks come about once a minute. */
  readonly idleMs: number
  /** Everything in a scope is about to be read. */
  readonly onList?: ((resource: ApiResource) => void) | undefined
}

export interface WatchScope {
  readonly resource: ApiResource
  /** Undefined: the whole cluster. */
  readonly namespace: string | undefined
  /** Only the object with this name. */
  readonly name: string | undefined
}

export interface ReflectorState {
  /** The list has been read to its end, once. */
  readonly synced: boolean
  readonly lastHeardAt: number | undefined
  /** Undefined while all is well. */
  readonly error: ReconcileError | undefined
}

const WATCH_SECONDS = 300

export class Reflector {
  readonly scope: WatchScope
  readonly #ports: ReflectorPorts
  readonly #sink: ReflectorSink
  readonly #onState: () => void
  #state: ReflectorState = { synced: false, lastHeardAt: undefined, error: undefined }

  /** `onState` is called when it is synced or its error is another. */
  constructor(scope: WatchScope, sink: ReflectorSink, ports: ReflectorPorts, onState: () => void) {
    this.scope = scope
    this.#sink = sink
    this.#ports = ports
    this.#onState = onState
  }

  get state(): ReflectorState {
    return this.#state
  }

  /** Resolves when aborted, and never rejects. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    let course = FIRST_COURSE
    while (!stopping.aborted) {
      const next = await this.#step(course, stopping)
      if (stopping.aborted) return
      course = next.course
      await clock.sleep(next.waitMs, stopping).catch(() => undefined)
    }
  }

  async #step(course: Course, signal: AbortSignal): Promise<NextStep> {
    const { random } = this.#ports
    if (course.version !== undefined) return afterWatch(course, await this.#watch(course.version, signal), random())
    try {
      return { course: { ...course, version: await this.#list(signal) }, waitMs: 0 }
    } catch (error) {
      if (signal.aborted) return { course, waitMs: 0 }
      return afterListFailure(course, this.#fail(error), random())
    }
  }

  /** Gives the version to watch from. */
  async #list(signal: AbortSignal): Promise<string> {
    const keys = new Set<string>()
    let version = ''
    this.#ports.onList?.(this.scope.resource)
    this.#sink.listBegins()
    for await (const page of listPages(this.#ports.client, (query) => this.#path(query), signal)) {
      signal.throwIfAborted()
      version = page.resourceVersion
      this.#sink.reached(version)
      for (const object of page.items) {
        const identity = readIdentity(object)
        if (identity === undefined) continue
        keys.add(identity.key)
        this.#sink.put(object)
      }
      this.#hear()
    }
    this.#sink.listEnds(keys)
    this.#setState({ synced: true, error: undefined })
    return version
  }

  async #watch(from: string, signal: AbortSignal): Promise<WatchEnd> {
    const { client, clock, idleMs, random } = this.#ports
    const beganAt = clock.monotonicNow()
    const seconds = Math.round(WATCH_SECONDS * (0.8 + 0.4 * random()))
    const query = { watch: '1', allowWatchBookmarks: 'true', timeoutSeconds: String(seconds), resourceVersion: from }
    const path = this.#path(query)
    let version = from
    let heard = false
    const end = (error: ReconcileError | undefined, broken: boolean): WatchEnd => {
      return { version, heard, lastedMs: clock.monotonicNow() - beganAt, error, broken }
    }
    const onOpen = (): void => {
      this.#hear()
      this.#setState({ error: undefined })
    }
    try {
      for await (const line of client.stream(path, { idleMs, onOpen, signal })) {
        if (signal.aborted) break
        this.#hear()
        const event = parseWatchEvent(line, path)
        if (event.kind === 'error') return end(this.#fail(event.error), true)
        if (event.kind === 'put') this.#sink.put(event.object)
        if (event.kind === 'remove') this.#sink.remove(event.object)
        this.#sink.reached(event.version)
        version = event.version
        heard = true
      }
      if (!heard && clock.monotonicNow() - beganAt >= WORKED_MS) await this.#checkVersion(version, signal)
      return end(undefined, false)
    } catch (error) {
      return end(signal.aborted ? undefined : this.#fail(error), false)
    }
  }

  /** From a version that is still to come, as after etcd was restored from a backup, a watch is silent as if nothing happened. */
  async #checkVersion(version: string, signal: AbortSignal): Promise<void> {
    const current = await readListVersion(this.#ports.client, (query) => this.#path(query), signal)
    if (!isOlderVersion(current, version)) return
    const problem =
      'the Kubernetes API is at an older version than it was, as after a restored backup; all is read again'
    const { resource, namespace } = this.scope
    this.#ports.logger.warn('A watch could not hear anything', { resource: resource.plural, namespace, problem })
    throw new TransientError('Expired', problem)
  }

  #path(query: Readonly<Record<string, string>>): string {
    const { resource, namespace, name } = this.scope
    const selector = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }
    return apiPath(resource, { namespace, query: { ...selector, ...query } })
  }

  #hear(): void {
    this.#state = { ...this.#state, lastHeardAt: this.#ports.clock.monotonicNow() }
  }

  #fail(thrown: unknown): ReconcileError {
    const error = toReconcileError(thrown)
    // A version that is too old is the ordinary course of things, and the list that follows says whether all is well.
    if (error.reason === 'Expired') return error
    if (this.#state.error?.message !== error.message) {
      this.#ports.logger.warn('A watch failed and is tried again', {
        resource: this.scope.resource.plural,
        namespace: this.scope.namespace,
        problem: error.message,
      })
    }
    this.#setState({ error })
    return error
  }

  #setState(change: Partial<ReflectorState>): void {
    const previous = this.#state
    this.#state = { ...previous, ...change }
    if (previous.synced !== this.#state.synced || previous.error?.message !== this.#state.error?.message)
      this.#onState()
  }
}
