// ESDDNS's dns.ini as our resources. Its [gandi] section mostly holds names of environment variables, so the environment is read, too.
import { isObject } from '../../api/is-object.ts'
import type { GivenEnvironment } from './given-environment.ts'
import type { Migration, Place } from './migration.ts'
import { objectNameOf } from './object-name.ts'
import { readIni, type IniSection, type IniValue } from './read-ini.ts'

export interface EsddnsInput {
  readonly file: string
  readonly text: string
  readonly environment: GivenEnvironment
  readonly namespace: string
}

interface Scope extends EsddnsInput {
  readonly sections: ReadonlyMap<string, IniSection>
  readonly migration: Migration
}

const PROVIDER = 'gandi'
const WAN = 'home'
const SECRET = 'gandi-token'
const DEFAULT_ENDPOINT = 'https://api.gandi.net/v5/livedns'
const SHORTEST_INTERVAL = 5
const LONGEST_INTERVAL = 86_400
const USUAL_AGE = 600
const GANDI_SHORTEST_TTL = 300

/** What ESDDNS has and Stoa does not need, or does by itself. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  gandi: ['api_url_domains_ns', 'api_url_domains_records', 'api_url_domains_records_create', 'record_type_cname'],
  WANIPState: ['retry_attempts', 'retry_cooldown_seconds'],
  log: ['log_file', 'log_to_console'],
  ESDDNS: ['service_host', 'service_port'],
  STUNConfig: ['bind_request', 'magic_cookie', 'xor_mapped_address', 'retry_attempts', 'retry_cooldown_seconds'],
}

const TAKEN: Readonly<Record<string, readonly string[]>> = {
  gandi: [
    ...['api_key', 'api_url_base', 'api_url_domains'],
    ...['record_name_root', 'record_ttl', 'record_type_a', 'target_domain_fqdn'],
  ],
  WANIPState: ['ip_check_services'],
  log: [],
  ESDDNS: ['daemon_thread_interval'],
  STUNConfig: ['udp_host_list_url', 'tcp_host_list_url', 'udp_limit', 'tcp_limit'],
}

export function migrateEsddns(input: EsddnsInput, migration: Migration): void {
  const sections = readIni(input.text, input.file, migration)
  const scope: Scope = { ...input, sections, migration }
  tellUnknown(scope)
  const zone = readNamed(scope, 'target_domain_fqdn')?.toLowerCase().replace(/\.$/, '')
  const place = placeOf(scope, 'gandi', 'target_domain_fqdn')
  if (zone !== undefined) addProvider(scope, zone, place)
  addWanAddress(scope)
  if (zone !== undefined) addRecord(scope, zone)
}

function tellUnknown({ sections, migration }: Scope): void {
  for (const [name, { place, values }] of sections) {
    const taken = TAKEN[name]
    if (taken === undefined) {
      migration.note(`[${name}] is no section of ESDDNS and is left out`, place)
      continue
    }
    for (const [key, value] of values) {
      const isKnown = key.startsWith('msg_') || taken.includes(key) || LEFT_OUT[name]?.includes(key) === true
      if (!isKnown) migration.note(`${key} is no setting of ESDDNS and is left out`, value.place)
    }
  }
}

function addProvider(scope: Scope, zone: string, place: Place): void {
  const { namespace, migration } = scope
  const endpoint = readEndpoint(scope)
  const spec = {
    type: 'Gandi',
    zones: [zone],
    credentialsSecretRef: { name: SECRET },
    ...(endpoint === DEFAULT_ENDPOINT ? {} : { gandi: { endpoint } }),
  }
  migration.add({ kind: 'DNSProvider', namespace, name: PROVIDER, spec, place })
  migration.note(
    `the DNSProvider signs in with a personal access token of Gandi that may manage the DNS of ${zone}; an API key, which ` +
      'ESDDNS uses, is not accepted. Put the token alone into token.txt and make the Secret:\n' +
      `  kubectl -n ${namespace} create secret generic ${SECRET} --from-file=token=token.txt\n` +
      `  (without a cluster: as the file secrets/${namespace}/${SECRET}/token in the data directory)`,
  )
}

function readEndpoint(scope: Scope): string {
  const base = valueOf(scope, 'gandi', 'api_url_base')?.text ?? 'https://api.gandi.net'
  const domains = valueOf(scope, 'gandi', 'api_url_domains')
  const path = domains?.text ?? '/v5/livedns/domains'
  if (!path.endsWith('/domains')) {
    const remedy =
      'Stoa needs an API that has /domains below its endpoint; change the value, or write the DNSProvider by hand'
    scope.migration.refuse(domains?.place ?? scope, `api_url_domains does not end in /domains: ${remedy}`)
  }
  return `${base.replace(/\/$/, '')}${path.slice(0, -'/domains'.length)}`
}

function addWanAddress(scope: Scope): void {
  const { migration, namespace, sections, file } = scope
  const urls = readServices(scope)
  const stun = readStun(scope)
  const place = sections.get('WANIPState')?.place ?? sections.get('STUNConfig')?.place ?? { file }
  const sources = urls.length + (stun?.maxServers ?? 0)
  if (sources === 0) {
    const remedy = 'give ip_check_services in [WANIPState] or a list of servers in [STUNConfig]'
    migration.refuse(place, `nobody is asked for the WAN address: ${remedy}`)
    return
  }
  const quorum = Math.min(2, sources)
  const http = urls.length > 0 && { http: { urls } }
  const spec = { ...readTimes(scope), ...(stun && { stun }), ...http, quorum }
  migration.add({ kind: 'WANAddress', namespace, name: WAN, spec, place })
  tellQuorum(quorum, migration)
}

function tellQuorum(quorum: number, migration: Migration): void {
  migration.note(
    quorum === 1
      ? 'there is one source for the WAN address, so it is believed alone (quorum: 1), as ESDDNS believes it; add another and set quorum: 2'
      : 'ESDDNS wants all answers to be equal, and takes a single one if there is no other. Here two operators must agree (quorum: 2); ' +
          'while others contradict them, the address stays what it was',
  )
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

function addRecord(scope: Scope, zone: string): void {
  const { migration, namespace } = scope
  const label = readNamed(scope, 'record_name_root')?.toLowerCase()
  const ttl = readNamed(scope, 'record_ttl')
  const type = readNamed(scope, 'record_type_a', 'A')
  const place = placeOf(scope, 'gandi', 'record_name_root')
  if (type !== undefined && type !== 'A') {
    const message = `record_type_a stands for ${type}, and ESDDNS finds IPv4 addresses alone: it must be A`
    migration.refuse(placeOf(scope, 'gandi', 'record_type_a'), message)
  }
  const ttlPlace = placeOf(scope, 'gandi', 'record_ttl')
  const ttlSeconds = ttl === undefined ? undefined : readNumber(scope, { text: ttl, place: ttlPlace }, 'record_ttl')
  if (ttlSeconds !== undefined && ttlSeconds < GANDI_SHORTEST_TTL) {
    migration.note(`Gandi keeps no TTL below ${GANDI_SHORTEST_TTL}; status will say so`, ttlPlace)
  }
  if (label === undefined || ttlSeconds === undefined) return
  const hostname = label === '@' ? zone : `${label}.${zone}`
  const spec = {
    hostnames: [hostname],
    ttlSeconds,
    providerRef: { name: PROVIDER },
    targets: [{ wan: { name: WAN } }],
    adopt: true,
  }
  migration.add({ kind: 'DynamicDNSRecord', namespace, name: objectNameOf(hostname), spec, place })
  migration.note(`stop ESDDNS before the record ${hostname} is applied: two writers undo each other's work`)
}

function valueOf({ sections }: Scope, section: string, key: string): IniValue | undefined {
  return sections.get(section)?.values.get(key)
}

function placeOf(scope: Scope, section: string, key: string): Place {
  return valueOf(scope, section, key)?.place ?? scope.sections.get(section)?.place ?? { file: scope.file }
}

/**
 * ESDDNS takes the name of an environment variable here. A text that can be no such name, or that means something by itself, is
 * taken as written: many keep such a copy of the file.
 */
function readNamed(scope: Scope, key: string, selfEvident?: string): string | undefined {
  const value = valueOf(scope, 'gandi', key)
  if (value === undefined || value.text === '') {
    scope.migration.refuse(placeOf(scope, 'gandi', key), `[gandi] has no ${key}: add it`)
    return undefined
  }
  const variable = scope.environment.get(value.text)
  if (variable?.value !== undefined && variable.value !== '') return variable.value
  if (!/^[A-Z][A-Z0-9_]*$/.test(value.text) || value.text === selfEvident) return value.text
  const remedy = 'give it as ESDDNS has it: export it, or name a file of NAME=value lines with --env-file'
  scope.migration.refuse(
    value.place,
    `${key} names the environment variable ${value.text}, which is not set here: ${remedy}`,
  )
  return undefined
}

function readNumber({ migration }: Scope, value: IniValue | undefined, key: string): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value.text)) return Number(value.text)
  migration.refuse(value.place, `${key} is not a number`)
  return undefined
}
