// Events for people (events.k8s.io). Best effort: they wait in a short queue, equal ones are counted in a series, and what the
// apiserver does not take, or nobody could read any more, is dropped.
import { isObject } from '../../api/is-object.ts'
import { API_VERSION } from '../../api/kinds.ts'
import type { Clock } from '../../model/clock.ts'
import { toReconcileError } from '../../model/errors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { StoreEvent } from '../store.ts'
import { PATCH_TYPES, type ApiClient } from './api-client.ts'
import { apiPath } from './api-path.ts'

export interface EventPorts {
  readonly client: ApiClient
  readonly clock: Clock
  readonly logger: Logger
  /** Which process says it, such as the name of the Pod. */
  readonly instance: string
  readonly onDropped?: (() => void) | undefined
}

const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events' }
const MAX_QUEUE = 1000
const MAX_SERIES = 1000
/** The apiserver takes 1024. */
const MAX_NOTE_BYTES = 1000
/** An equal event later than this begins a new series. */
const SERIES_MS = 600_000

/** There it takes no new objects, and who would read them looks elsewhere. */
const OF_A_NAMESPACE_THAT_GOES: ReadonlySet<string> = new Set(['NamespaceTerminating', 'NotFound'])
const WHILE_AWAY: ReadonlySet<string> = new Set(['ApiUnavailable', 'RateLimited', 'Unauthorized'])

interface Series {
  readonly event: StoreEvent
  /** The Event's own name; undefined until it was created. */
  name: string | undefined
  count: number
  lastAt: number
  queued: boolean
}

export class EventRecorder {
  readonly #ports: EventPorts
  readonly #series = new Map<string, Series>()
  #queue: Series[] = []
  #draining = false
  /** Lost because the apiserver was away or too slow, and not told of yet. */
  #missed = 0

  constructor(ports: EventPorts) {
    this.#ports = ports
  }

  /** Never throws. `stopping` ends what is under way. */
  emit(event: StoreEvent, stopping: AbortSignal): void {
    const now = this.#ports.clock.now()
    const key = [event.about.metadata.uid, event.type, event.reason, event.message].join('\n')
    const series = this.#continueSeries(key, now) ?? {
      event: withoutObject(event),
      name: undefined,
      count: 0,
      lastAt: now,
      queued: false,
    }
    series.count += 1
    series.lastAt = now
    // To the end, so that the first of the map is the one that has been quiet for longest.
    this.#series.delete(key)
    this.#series.set(key, series)
    if (series.queued) return
    if (this.#queue.length >= MAX_QUEUE) {
      this.#miss()
      return
    }
    series.queued = true
    this.#queue.push(series)
    if (!this.#draining) void this.#drain(stopping)
  }

  #continueSeries(key: string, now: number): Series | undefined {
    for (const [oldest, { lastAt }] of this.#series) {
      if (now - lastAt <= SERIES_MS && this.#series.size < MAX_SERIES) break
      this.#series.delete(oldest)
    }
    return this.#series.get(key)
  }

  async #drain(signal: AbortSignal): Promise<void> {
    this.#draining = true
    for (let series = this.#queue.shift(); series !== undefined && !signal.aborted; series = this.#queue.shift()) {
      series.queued = false
      try {
        await this.#write(series, signal)
        this.#reportMissed()
      } catch (error) {
        this.#ports.logger.debug('An event was not written', { problem: String(error) })
        this.#drop(toReconcileError(error).reason)
      }
    }
    this.#draining = false
  }

  #drop(reason: string): void {
    if (OF_A_NAMESPACE_THAT_GOES.has(reason)) return
    if (WHILE_AWAY.has(reason)) this.#miss()
    else this.#ports.onDropped?.()
  }

  #miss(): void {
    this.#missed += 1
    this.#ports.onDropped?.()
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const { client } = this.#ports
    const { namespace } = series.event.about.metadata
    if (series.name !== undefined) {
      const body = { series: formatSeries(series) }
      const path = apiPath(EVENTS, { namespace, name: series.name })
      const options = { body, contentType: PATCH_TYPES.merge, accept: [404], signal }
      const { status } = await client.request('PATCH', path, options)
      if (status !== 404) return
      // The cluster forgets events after an hour or so.
      series.count = 1
    }
    const body = this.#newEvent(series)
    const { json } = await client.request('POST', apiPath(EVENTS, { namespace }), { body, signal })
    const metadata = isObject(json) && isObject(json['metadata']) ? json['metadata'] : {}
    series.name = typeof metadata['name'] === 'string' ? metadata['name'] : undefined
  }

  #newEvent(series: Series): unknown {
    const { event, lastAt } = series
    const { type, reason, message, about } = event
    const { namespace, name, uid } = about.metadata
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { generateName: `${name}-`, namespace },
      eventTime: microTime(lastAt),
      type,
      reason,
      action: type === 'Normal' ? 'Reconciled' : 'Reconciling',
      note: shorten(message),
      regarding: { apiVersion: API_VERSION, kind: about.kind, namespace, name, uid },
      reportingController: 'dns.stoa.dev/stoa',
      reportingInstance: this.#ports.instance.slice(0, 128),
      ...(series.count > 1 && { series: formatSeries(series) }),
    }
  }

  #reportMissed(): void {
    if (this.#missed === 0) return
    this.#ports.logger.info('Events were dropped while the Kubernetes API was away', { count: this.#missed })
    this.#missed = 0
  }
}

/** A series may outlast many versions of its object: none is kept for it. */
function withoutObject({ about: { kind, metadata }, ...event }: StoreEvent): StoreEvent {
  const { namespace, name, uid } = metadata
  return { ...event, about: { kind, metadata: { namespace, name, uid } } }
}

function formatSeries({ count, lastAt }: Series): unknown {
  return { count, lastObservedTime: microTime(lastAt) }
}

function shorten(text: string): string {
  const bytes = Buffer.from(text)
  return bytes.length <= MAX_NOTE_BYTES ? text : `${bytes.subarray(0, MAX_NOTE_BYTES).toString('utf8')}…`
}

/** RFC 3339 with microseconds, as the apiserver wants it. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
