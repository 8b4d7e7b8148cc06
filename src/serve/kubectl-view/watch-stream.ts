// One watch: what was there if asked for, then every change of what the selectors match, as one JSON text per line.
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../model/clock.ts'
import type { Stream } from '../answer.ts'
import { LineQueue } from './line-queue.ts'
import type { LogEvent, ObjectLog } from './object-log.ts'
import type { RawObject } from './raw-object.ts'
import type { Rendering } from './render-objects.ts'
import type { Matcher } from './selectors.ts'
import { statusObject } from './status-object.ts'

const LONGEST_SECONDS = 24 * 60 * 60

export interface Watch {
  readonly log: ObjectLog
  readonly matches: Matcher
  readonly rendering: () => Rendering
  readonly clock: Pick<Clock, 'monotonicNow'>
  /** Undefined or 0: everything that is there comes first. */
  readonly since: number | undefined
  readonly timeoutSeconds: number | undefined
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'

export function streamWatch(watch: Watch): Stream {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    pipe: (response, ended) => run(watch, response, ended),
  }
}

async function run(watch: Watch, response: ServerResponse, ended: AbortSignal): Promise<void> {
  const { log, matches, since = 0 } = watch
  const missed = since === 0 ? [] : log.since(since)
  if (missed === undefined) {
    const refusal = { code: 410, reason: 'Expired', message: `too old resource version: ${since} (${log.version})` }
    response.write(`${JSON.stringify({ type: 'ERROR', object: statusObject(refusal) })}\n`)
    return
  }
  const queue = new LineQueue(response, watch.clock)
  const say = (type: EventType, object: RawObject): void =>
    queue.push(() => `${JSON.stringify({ type, object: watch.rendering().one(object) })}\n`)
  const sayEvent = (event: LogEvent): void => {
    const seen = judgeEvent(event, matches)
    if (seen !== undefined) say(seen.type, seen.object)
  }
  const unsubscribe = log.onEvent(sayEvent)
  if (since === 0) for (const object of log.objects().filter(matches)) say('ADDED', object)
  missed.forEach(sayEvent)
  await untilEnd(ended, watch.timeoutSeconds)
  unsubscribe()
  queue.close()
}

/** To a watch with selectors, an object comes and goes as it begins and ceases to match. */
function judgeEvent(
  { version, previous, next }: LogEvent,
  matches: Matcher,
): { readonly type: EventType; readonly object: RawObject } | undefined {
  const before = previous !== undefined && matches(previous)
  if (next !== undefined && matches(next)) return { type: before ? 'MODIFIED' : 'ADDED', object: next }
  if (!before) return undefined
  const metadata = { ...previous.metadata, resourceVersion: String(version) }
  return { type: 'DELETED', object: { ...previous, metadata } }
}

function untilEnd(ended: AbortSignal, timeoutSeconds = LONGEST_SECONDS): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) return resolve()
    const timer = setTimeout(resolve, Math.min(timeoutSeconds, LONGEST_SECONDS) * 1_000)
    ended.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
