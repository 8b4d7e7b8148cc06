// Whom ESDDNS asks for the WAN address, as a WANAddress.
import { isObject } from '../../api/is-object.ts'
import { hostOf } from '../../observe/wan/http/service-url.ts'
import { operatorOf } from '../../observe/wan/operator.ts'
import { readNumber, valueOf, type EsddnsScope as Scope } from './esddns-scope.ts'
import type { Migration } from './migration.ts'

export const WAN = 'home'
const SHORTEST_INTERVAL = 5
const LONGEST_INTERVAL = 86_400
const USUAL_AGE = 600

export function addWanAddress(scope: Scope): void {
  const { migration, namespace, sections, file } = scope
  const urls = readServices(scope)
  const stun = readStun(scope)
  const place = sections.get('WANIPState')?.place ?? sections.get('STUNConfig')?.place ?? { file }
  // Servers of a list count as others': who runs them is known only once it has been read.
  const operators = countOperators(urls) + (stun?.maxServers ?? 0)
  if (operators === 0) {
    const remedy = 'give ip_check_services in [WANIPState] or a list of servers in [STUNConfig]'
    migration.refuse(place, `nobody is asked for the WAN address: ${remedy}`)
    return
  }
  const quorum = Math.min(2, operators)
  const http = urls.length > 0 && { http: { urls } }
  const spec = { ...readTimes(scope), ...(stun && { stun }), ...http, quorum }
  migration.add({ kind: 'WANAddress', namespace, name: WAN, spec, place })
  tellQuorum(quorum, migration)
}

function tellQuorum(quorum: number, migration: Migration): void {
  migration.note(
    quorum === 1
      ? 'one operator alone is asked for the WAN address, so it is believed alone (quorum: 1), as ESDDNS believes it; add a source of another ' +
          'and set quorum: 2'
      : 'ESDDNS wants all answers to be equal, and takes a single one if there is no other. Here two operators must agree (quorum: 2); ' +
          'while others contradict them, the address stays what it was',
  )
}

/** Answers of one operator count once: a quorum of two among services of one would never be reached. */
function countOperators(urls: readonly string[]): number {
  const known = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url))
  const operators = new Set(known.map((url) => operatorOf(hostOf(url), Number(url.port))))
  return operators.size + (urls.length - known.length)
}

function readServices(scope: Scope): readonly string[] {
  const services = valueOf(scope, 'WANIPState', 'ip_check_services')
  if (services === undefined) return []
  const urls = parseServices(services.text)
  if (urls !== undefined) return urls
  const message =
    'ip_check_services is not JSON of the form {"svc": ["https://…"]}: mend it, as ESDDNS could not read it either'
  scope.migration.refuse(services.place, message)
  return []
}

function parseServices(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const list = isObject(value) ? value['svc'] : undefined
    return Array.isArray(list) && list.every((url) => typeof url === 'string') ? list : undefined
  } catch {
    return undefined
  }
}

interface StunSpec {
  readonly serverListURLs: readonly string[]
  readonly maxServers: number
  readonly transports: readonly string[]
}

function readStun(scope: Scope): StunSpec | undefined {
  const [udp, tcp] = ['udp_host_list_url', 'tcp_host_list_url'].map((key) => valueOf(scope, 'STUNConfig', key))
  if (udp === undefined && tcp === undefined) return undefined
  if (udp !== undefined && tcp !== undefined) {
    scope.migration.note(
      'the servers of both STUN lists are asked over UDP and TCP; one that does not know a transport does not count there',
      udp.place,
    )
  }
  const limits = ['udp_limit', 'tcp_limit'].map((key) => readNumber(scope, valueOf(scope, 'STUNConfig', key), key) ?? 3)
  return {
    serverListURLs: [...new Set([udp, tcp].flatMap((value) => value?.text ?? []))],
    maxServers: Math.max(...limits),
    transports: [...(udp === undefined ? [] : ['UDP']), ...(tcp === undefined ? [] : ['TCP'])],
  }
}

function readTimes(scope: Scope): { readonly intervalSeconds?: number; readonly maxAgeSeconds?: number } {
  const value = valueOf(scope, 'ESDDNS', 'daemon_thread_interval')
  const seconds = readNumber(scope, value, 'daemon_thread_interval')
  if (value === undefined || seconds === undefined) return {}
  const intervalSeconds = Math.min(Math.max(seconds, SHORTEST_INTERVAL), LONGEST_INTERVAL)
  if (intervalSeconds !== seconds)
    scope.migration.note(`daemon_thread_interval becomes ${intervalSeconds}`, value.place)
  if (intervalSeconds > 60) {
    scope.migration.note('intervalSeconds: 30 would find a change sooner, and costs no provider call', value.place)
  }
  return { intervalSeconds, ...(intervalSeconds > USUAL_AGE && { maxAgeSeconds: 2 * intervalSeconds }) }
}
