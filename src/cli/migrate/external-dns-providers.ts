// Which of our providers stands for one of external-dns's, and what it needs.
import type { Flags } from './external-dns-flags.ts'
import type { Migration, Place } from './migration.ts'

export interface TranslatedProvider {
  readonly spec: Readonly<Record<string, unknown>>
  /** The Secret's keys with where their values come from; undefined: it works without a Secret. */
  readonly secretKeys?: Readonly<Record<string, SecretSource>>
  readonly note?: string
}

/** Environment variables that hold the value, the usual first, and the flag that does. */
export interface SecretSource {
  readonly variables: readonly string[]
  readonly flag?: string
}

interface Given {
  readonly flags: Flags
  readonly zones: readonly string[]
  readonly place: Place
  readonly migration: Migration
}

type Translate = (given: Given) => TranslatedProvider

const ALGORITHMS = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512']

export const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  cloudflare(given) {
    const cloudflare = readZoneIDs(given)
    return {
      spec: { type: 'Cloudflare', ...zonesOf(given), ...(cloudflare.zoneIDs && { cloudflare }) },
      secretKeys: { token: { variables: ['CF_API_TOKEN'] } },
      note:
        'at Cloudflare marks are kept in comments of the records: a record taken over is marked there, and its TXT mark stays for you to remove. ' +
        'Cloudflare is asked with an API token (Zone / Zone / Read and Zone / DNS / Edit); the global API key (CF_API_KEY) does not do',
    }
  },
  gandi: ({ zones }) => ({
    spec: { type: 'Gandi', ...(zones.length > 0 && { zones }) },
    secretKeys: { token: { variables: ['GANDI_PAT'] } },
    note: 'Gandi is asked with a personal access token; an API key (GANDI_KEY) does not do',
  }),
  aws(given) {
    const { flags } = given
    const role = flags.text('aws-assume-role')
    const route53 = {
      ...readZoneIDs(given),
      ...(role !== '' && { roleARN: role }),
      ...(flags.text('aws-zone-type') === 'private' && { privateZones: true }),
    }
    if (flags.text('aws-zone-type') === '') {
      given.migration.note(
        'without --aws-zone-type external-dns writes to public and private zones, and this DNSProvider to public ones: for private ' +
          'ones make another, with route53.privateZones: true',
      )
    }
    return {
      spec: { type: 'Route53', ...zonesOf(given), ...(Object.keys(route53).length > 0 && { route53 }) },
      note:
        'without credentialsSecretRef the usual AWS ways are taken (IRSA, Pod Identity, instance role): give the ServiceAccount of Stoa what ' +
        'external-dns’s has. For keys, make a Secret with accessKeyID and secretAccessKey and name it in credentialsSecretRef',
    }
  },
  google: ({ flags, zones, migration, place }) => ({
    spec: {
      type: 'Google',
      ...(zones.length > 0 && { zones }),
      google: { project: needFlag('google-project', { flags, migration, place }) },
    },
    note:
      'without credentialsSecretRef the metadata server is asked (workload identity): give the ServiceAccount of Stoa what external-dns’s has. ' +
      'For a key file, make a Secret with serviceAccountJSON and name it in credentialsSecretRef',
  }),
  azure: ({ flags, zones, migration, place }) => ({
    spec: {
      type: 'Azure',
      ...(zones.length > 0 && { zones }),
      azure: {
        subscriptionID: needFlag('azure-subscription-id', { flags, migration, place }),
        resourceGroup: needFlag('azure-resource-group', { flags, migration, place }),
      },
    },
    note:
      'without credentialsSecretRef workload or managed identity is taken. For a service principal, make a Secret with clientID and clientSecret ' +
      'and write azure.tenantID',
  }),
  rfc2136({ flags, zones, migration, place }) {
    const server = readServer({ flags, zones, migration, place })
    const isSigned = !flags.isSet('rfc2136-insecure')
    const algorithm = flags.text('rfc2136-tsig-secret-alg', 'hmac-sha256').toLowerCase().replace(/\.$/, '')
    if (isSigned && !ALGORITHMS.includes(algorithm)) {
      const at = flags.get('rfc2136-tsig-secret-alg')?.place ?? place
      migration.refuse(
        at,
        `--rfc2136-tsig-secret-alg ${algorithm} is not safe any more: make a key for one of ${ALGORITHMS.join(', ')}`,
      )
    }
    if (zones.length === 0) migration.refuse(place, 'no zone is named: add --rfc2136-zone=example.com')
    return {
      spec: {
        type: 'RFC2136',
        zones,
        rfc2136: { server, ...(isSigned && algorithm !== 'hmac-sha256' && { tsigAlgorithm: algorithm }) },
      },
      ...(isSigned && {
        secretKeys: {
          tsigKeyName: { variables: ['EXTERNAL_DNS_RFC2136_TSIG_KEYNAME'], flag: 'rfc2136-tsig-keyname' },
          tsigSecret: { variables: ['EXTERNAL_DNS_RFC2136_TSIG_SECRET'], flag: 'rfc2136-tsig-secret' },
        },
      }),
    }
  },
  pdns: ({ flags, zones, migration, place }) => ({
    spec: {
      type: 'PowerDNS',
      ...(zones.length > 0 && { zones }),
      powerdns: {
        endpoint: needFlag('pdns-server', { flags, migration, place }).replace(/\/+$/, ''),
        ...(flags.get('pdns-server-id') && { serverID: flags.text('pdns-server-id') }),
      },
    },
    secretKeys: { apiKey: { variables: ['EXTERNAL_DNS_PDNS_API_KEY'], flag: 'pdns-api-key' } },
  }),
  webhook({ flags, zones }) {
    const endpoint = flags.text('webhook-provider-url', 'http://localhost:8888').replace(/\/+$/, '')
    return {
      spec: { type: 'Webhook', ...(zones.length > 0 && { zones }), webhook: { endpoint } },
      note: `the webhook provider at ${endpoint} has to be reached by Stoa: where it runs beside external-dns in one Pod, run it beside Stoa, or behind a Service`,
    }
  },
}

function zonesOf({ zones }: Given): { readonly zones?: readonly string[] } {
  return zones.length > 0 ? { zones } : {}
}

/** The first of several: a DNSProvider has one. */
function readServer(given: Given): string {
  const { flags, migration } = given
  needFlag('rfc2136-host', given)
  const [host = '', ...others] = flags.list('rfc2136-host')
  if (others.length > 0) {
    const message = `a DNSProvider sends its updates to one server: ${host}, and none to ${others.join(', ')}`
    migration.note(message, flags.get('rfc2136-host')?.place)
  }
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${flags.text('rfc2136-port', '53')}`
}

/** These can be told a zone by its id. */
export const BY_ZONE_ID: readonly string[] = ['cloudflare', 'aws']

/** An id without its zone's name says nothing here; with one of each, they belong together. */
function readZoneIDs({ flags, zones, migration }: Given): { readonly zoneIDs?: Readonly<Record<string, string>> } {
  const flag = flags.get('zone-id-filter')
  if (flag === undefined) return {}
  const ids = flags.list('zone-id-filter')
  const [zone, id] = [zones[0], ids[0]]
  if (zones.length === 1 && ids.length === 1 && zone !== undefined && id !== undefined) {
    return { zoneIDs: { [zone]: id.replace(/^\/hostedzone\//, '') } }
  }
  const remedy = 'write the zones as --domain-filter and take it out, or add zoneIDs to the DNSProvider by hand'
  migration.refuse(flag.place, `--zone-id-filter: which zone has which id is not known here: ${remedy}`)
  return {}
}

function needFlag(name: string, { flags, migration, place }: Pick<Given, 'flags' | 'migration' | 'place'>): string {
  const value = flags.text(name)
  if (value === '')
    migration.refuse(place, `--${name} is missing: add it, although external-dns may find it out by itself`)
  return value
}

export function plainName(text: string): string {
  return text.toLowerCase().replace(/^\./, '').replace(/\.$/, '')
}
