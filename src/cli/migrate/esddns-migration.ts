// ESDDNS's dns.ini as our resources. Its [gandi] section mostly holds names of environment variables, so the environment is read, too.
import { readNumber, valueOf, type EsddnsInput, type EsddnsScope as Scope } from './esddns-scope.ts'
import { addWanAddress, WAN } from './esddns-wan-address.ts'
import type { Migration, Place } from './migration.ts'
import { objectNameOf } from './object-name.ts'
import { readIni } from './read-ini.ts'

const PROVIDER = 'gandi'
const SECRET = 'gandi-token'
const DEFAULT_ENDPOINT = 'https://api.gandi.net/v5/livedns'
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
      // What stands in [DEFAULT] may be there to be referred to.
      const isKnown =
        value.isInherited === true ||
        key.startsWith('msg_') ||
        taken.includes(key) ||
        LEFT_OUT[name]?.includes(key) === true
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
