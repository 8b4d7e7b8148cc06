// The annotations of Epictetus on Services.
import { isObject } from '../../api/is-object.ts'
import { parseFqdn } from '../../model/name.ts'
import type { Migration, Place } from './migration.ts'
import { at, placeIn, type FoundObject } from './read-workloads.ts'

export interface EpictetusService {
  readonly namespace: string
  readonly name: string
  readonly place: Place
  readonly hostnames: readonly string[]
  readonly ttlSeconds: number
  readonly proxied: boolean
  readonly controlPlaneOnly: boolean
}

const PREFIX = 'epictetus.io/'
const DEFAULT_TTL = 300
const KNOWN = ['dns-enabled', 'hostname', 'hostnames', 'ttl', 'proxied', 'control-plane-only']

interface Annotations {
  readonly get: (key: string) => string | undefined
  readonly place: (key: string) => Place
}

export function listEpictetusServices(
  objects: readonly FoundObject[],
  migration: Migration,
): readonly EpictetusService[] {
  return objects.flatMap((found) => (found.object.kind === 'Service' ? (readService(found, migration) ?? []) : []))
}

function readService(found: FoundObject, migration: Migration): EpictetusService | undefined {
  const annotations = at(found.object.value, ['metadata', 'annotations'])
  if (!isObject(annotations)) return undefined
  const place = (key: string): Place => placeIn(found, ['metadata', 'annotations', `${PREFIX}${key}`])
  const get = (key: string): string | undefined => {
    const value = annotations[`${PREFIX}${key}`]
    return typeof value === 'string' ? value : undefined
  }
  if (get('dns-enabled')?.toLowerCase() !== 'true') return undefined
  for (const key of Object.keys(annotations).filter((key) => key.startsWith(PREFIX))) {
    const short = key.slice(PREFIX.length)
    if (!KNOWN.includes(short)) migration.note(`${key} is no annotation of Epictetus and is left out`, place(short))
  }
  const given: Annotations = { get, place }
  return {
    namespace: found.object.namespace ?? 'default',
    name: found.object.name ?? 'service',
    place: place('dns-enabled'),
    hostnames: readHostnames(given, migration),
    ttlSeconds: readTtl(given, migration),
    proxied: get('proxied')?.toLowerCase() === 'true',
    controlPlaneOnly: get('control-plane-only')?.toLowerCase() === 'true',
  }
}

function readHostnames({ get, place }: Annotations, migration: Migration): readonly string[] {
  // An empty one, as a chart may write it, is none.
  const list = get('hostnames')?.trim() === '' ? undefined : get('hostnames')
  const key = list === undefined ? 'hostname' : 'hostnames'
  if (list !== undefined && get('hostname') !== undefined) {
    migration.note('epictetus.io/hostnames is there as well, and only its names are taken', place('hostname'))
  }
  const texts = list === undefined ? [get('hostname') ?? ''] : splitList(list)
  const hostnames = texts.map((text) => text.trim().toLowerCase().replace(/\.$/, '')).filter((text) => text !== '')
  if (hostnames.length === 0)
    migration.refuse(
      place('dns-enabled'),
      'the Service has no hostname: add epictetus.io/hostname, or take dns-enabled off',
    )
  for (const hostname of hostnames) {
    if (parseFqdn(hostname) === undefined)
      migration.refuse(place(key), `${hostname} is no hostname: write it in full, as shop.example.com`)
  }
  return [...new Set(hostnames)]
}

/** Comma-separated, or a list in JSON. */
function splitList(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value.filter((entry) => typeof entry === 'string')
  } catch {
    // Then it is the plain form.
  }
  return text.split(',')
}

function readTtl({ get, place }: Annotations, migration: Migration): number {
  const text = get('ttl')
  if (text === undefined) return DEFAULT_TTL
  // 1 is what Cloudflare calls automatic: five minutes.
  if (text === '1') return DEFAULT_TTL
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  migration.refuse(place('ttl'), `epictetus.io/ttl: ${text} is not a number of seconds from 1 to 604800`)
  return DEFAULT_TTL
}
