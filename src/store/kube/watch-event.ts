// One line of a watch.
import { isObject } from '../../api/is-object.ts'
import { TransientError, type ReconcileError } from '../../model/errors.ts'
import { errorFromAnswer } from './api-errors.ts'
import { describeAction } from './api-path.ts'

export type WatchEvent =
  | { readonly kind: 'put' | 'remove'; readonly object: unknown; readonly version: string }
  | { readonly kind: 'bookmark'; readonly version: string }
  | { readonly kind: 'error'; readonly error: ReconcileError }

export function parseWatchEvent(line: string, path: string): WatchEvent {
  const event = parseJson(line)
  const object = isObject(event) ? event['object'] : undefined
  const type = isObject(event) ? event['type'] : undefined
  if (type === 'ERROR') return { kind: 'error', error: errorOf(object, path) }
  const metadata = isObject(object) ? object['metadata'] : undefined
  const version = isObject(metadata) ? metadata['resourceVersion'] : undefined
  const kind = typeof type === 'string' ? KINDS.get(type) : undefined
  if (kind === undefined || typeof version !== 'string') {
    const message = `cannot ${describeAction('GET', path)}: the answer has a line that is no event`
    return { kind: 'error', error: new TransientError('ApiUnavailable', message) }
  }
  return kind === 'bookmark' ? { kind, version } : { kind, object, version }
}

const KINDS: ReadonlyMap<string, 'put' | 'remove' | 'bookmark'> = new Map([
  ['ADDED', 'put'],
  ['MODIFIED', 'put'],
  ['DELETED', 'remove'],
  ['BOOKMARK', 'bookmark'],
])

/** The object of an ERROR is a Status, as in an answer that failed. */
function errorOf(status: unknown, path: string): ReconcileError {
  const { code, reason, details } = isObject(status) ? status : {}
  const isExpired = reason === 'Expired' || reason === 'Gone'
  const seconds = isObject(details) ? details['retryAfterSeconds'] : undefined
  return errorFromAnswer({
    method: 'GET',
    path,
    status: isExpired ? 410 : typeof code === 'number' ? code : 500,
    retryAfter: typeof seconds === 'number' ? String(seconds) : undefined,
    json: status,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
