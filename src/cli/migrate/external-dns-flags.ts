// The flags of external-dns: how they are written, and which of them mean something here.
import { describeElsewhere, expand, type GivenEnvironment } from './given-environment.ts'
import type { Migration, Place } from './migration.ts'
import type { Argument } from './read-workloads.ts'

export interface Flag {
  readonly name: string
  readonly value: string
  readonly place: Place
}

/** What stands on the command line wins over the environment. */
export class Flags {
  readonly all: readonly Flag[]

  constructor(all: readonly Flag[]) {
    this.all = all
  }

  get(name: string): Flag | undefined {
    return this.all.findLast((flag) => flag.name === name)
  }

  text(name: string, fallback = ''): string {
    return this.get(name)?.value ?? fallback
  }

  isSet(name: string): boolean {
    return this.text(name) === 'true'
  }

  /** Repeated flags, or a list with commas. */
  list(name: string): readonly string[] {
    const given = this.all.filter((flag) => flag.name === name).flatMap(({ value }) => value.split(/[,\n]/))
    return [...new Set(given.map((text) => text.trim()).filter((text) => text !== ''))]
  }
}

/** Flags that stand alone. Any other takes the next argument when it has no `=`. */
const SWITCHES = [
  ...[
    'aws-prefer-cname',
    'aws-evaluate-target-health',
    'aws-sd-service-cleanup',
    'cloudflare-proxied',
    'combine-fqdn-annotation',
  ],
  ...['always-publish-not-ready-addresses', 'dry-run', 'events', 'expose-internal-ipv6', 'force-default-targets'],
  ...[
    'ignore-hostname-annotation',
    'ignore-ingress-tls-spec',
    'ignore-ingress-rules-spec',
    'once',
    'pdns-skip-tls-verify',
  ],
  ...['publish-host-ip', 'publish-internal-services', 'rfc2136-create-ptr', 'rfc2136-gss-tsig', 'rfc2136-insecure'],
  ...['rfc2136-tsig-axfr', 'rfc2136-use-tls', 'txt-encrypt-enabled', 'txt-new-format-only', 'webhook-server'],
  ...['exclude-unschedulable', 'resolve-service-load-balancer-hostname', 'cloudflare-custom-hostnames'],
  ...['cloudflare-regional-services', 'traefik-enable-legacy', 'traefik-disable-legacy', 'traefik-disable-new'],
]

const ENV_PREFIX = 'EXTERNAL_DNS_'

export function parseFlags(args: readonly Argument[], environment: GivenEnvironment, migration: Migration): Flags {
  const written: Flag[] = []
  const rest = [...args]
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const { text, place } = argument
    const [, negated, name, assigned] = /^--(no-)?([a-z0-9][a-z0-9.-]*)(?:=([\s\S]*))?$/.exec(text) ?? []
    if (name !== undefined) {
      // No value begins with dashes, so that one switch more than we know takes nothing from its neighbour.
      const isAlone = negated !== undefined || SWITCHES.includes(name) || rest[0]?.text.startsWith('--') !== false
      const value = assigned ?? (isAlone ? String(negated === undefined) : (rest.shift()?.text ?? ''))
      written.push({ name, value, place })
    } else if (text.startsWith('-')) migration.refuse(place, 'is no flag of external-dns: write --name=value')
    // The command itself, such as /bin/external-dns, has no dashes.
  }
  const filledIn = written.map((flag) => fillIn(flag, environment, migration))
  const given = new Set(written.map(({ name }) => name))
  return new Flags([...readEnvironment(environment, given, migration), ...filledIn])
}

/** The value of a secret stays as it was written: it is never looked at. */
function fillIn(flag: Flag, environment: GivenEnvironment, migration: Migration): Flag {
  const value = matters(flag) ? expand(flag.value, environment) : flag.value
  if (value === undefined) migration.refuse(flag.place, describeElsewhere(`--${flag.name}=${flag.value}`))
  return { ...flag, value: value ?? flag.value }
}

function readEnvironment(
  environment: GivenEnvironment,
  given: ReadonlySet<string>,
  migration: Migration,
): readonly Flag[] {
  return [...environment].flatMap(([variable, { value, place }]) => {
    const name = variable.slice(ENV_PREFIX.length).toLowerCase().replaceAll('_', '-')
    // An empty one counts as not set there: charts write many.
    if (!variable.startsWith(ENV_PREFIX) || given.has(name) || value === '') return []
    if (value !== undefined) return [{ name, value: SWITCHES.includes(name) && value === '1' ? 'true' : value, place }]
    // Of the others it is enough that they are there.
    if (fateOf({ name }).kind !== 'taken') return [{ name, value: '', place }]
    if (matters({ name })) migration.refuse(place, describeElsewhere(variable))
    return []
  })
}

/** Whether what is translated depends on the value. */
function matters(flag: Pick<Flag, 'name'>): boolean {
  return fateOf(flag).kind === 'taken' && !SECRETS.includes(flag.name)
}

/** What becomes of a flag that makes no part of the DNSProvider. */
export type Fate =
  | { readonly kind: 'taken' }
  /** Says how it works, not what it writes. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'noted' | 'refused'; readonly message: string }

const TAKEN = [
  ...[
    'provider',
    'domain-filter',
    'zone-id-filter',
    'zone-name-filter',
    'txt-owner-id',
    'txt-prefix',
    'txt-suffix',
    'registry',
  ],
  ...['google-project', 'azure-resource-group', 'azure-subscription-id', 'aws-zone-type', 'aws-assume-role'],
  ...['rfc2136-host', 'rfc2136-port', 'rfc2136-zone', 'rfc2136-tsig-keyname', 'rfc2136-tsig-secret'],
  ...['rfc2136-tsig-secret-alg', 'rfc2136-insecure', 'pdns-server', 'pdns-server-id', 'pdns-api-key'],
  ...['webhook-provider-url', 'policy', 'cloudflare-proxied', 'dry-run', 'txt-wildcard-replacement'],
]

/** Only where they are is told. */
const SECRETS = ['rfc2136-tsig-keyname', 'rfc2136-tsig-secret', 'pdns-api-key']

const IDLE =
  /^(?:log-|metrics-|events$|once$|interval$|min-event-sync-interval$|server$|kubeconfig$|request-timeout$|provider-cache-time$|txt-cache-interval$|txt-new-format-only$|.*batch-change.*|aws-api-retries$|aws-zones-cache-duration$|aws-zone-cache-duration$|cloudflare-dns-records-per-page$|rfc2136-min-ttl$|rfc2136-tsig-axfr$|webhook-provider-(?:read|write)-timeout$|kube-api-)/

const CHOOSES_NAMES =
  /^(?:source$|namespace$|.*-filter$|fqdn-template$|target-template$|combine-fqdn-annotation$|ignore-.*|ingress-class$|publish-.*|always-publish-not-ready-addresses$|compatibility$|default-targets$|force-default-targets$|exclude-target-net$|managed-record-types$|exclude-record-types$|gateway-.*|openshift-.*|crd-source-.*|traefik-.*|expose-internal-ipv6$|exclude-unschedulable$|nat64-networks$|annotation-prefix$|resolve-service-load-balancer-hostname$|connector-source-server$|aws-prefer-cname$|min-ttl$)/

const REFUSED: Readonly<Record<string, string>> = {
  'exclude-domains':
    'a DNSProvider has no exclusions: leave the names out of the DynamicDNSRecords, or allow names with allowedRecords; then take the flag out',
  'regex-domain-filter': 'zones are named, not matched: write them as --domain-filter',
  'regex-domain-exclusion': 'zones are named, not matched: write those you want as --domain-filter',
  'txt-encrypt-enabled':
    'encrypted marks cannot be read here: let external-dns run once with --no-txt-encrypt-enabled, which writes them anew, then take it out',
  'txt-encrypt-aes-key':
    'encrypted marks cannot be read here: let external-dns run once without encryption, then take it out',
  'rfc2136-gss-tsig':
    'GSS-TSIG is not spoken here: make a plain TSIG key on the server, give it with --rfc2136-tsig-keyname, then take it out',
  'rfc2136-use-tls': 'updates over TLS are not spoken here: use the server’s plain port with TSIG, then take it out',
  'azure-config-file':
    'the file is not read here: give --azure-subscription-id and --azure-resource-group with its values instead',
}

export function fateOf({ name }: Pick<Flag, 'name'>): Fate {
  if (TAKEN.includes(name)) return { kind: 'taken' }
  const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
  if (reason !== undefined) return { kind: 'refused', message: reason }
  if (IDLE.test(name)) return { kind: 'idle' }
  if (CHOOSES_NAMES.test(name)) return { kind: 'noted', message: 'chooses what external-dns writes' }
  const message =
    'is not known here: take it out if it does not say which records are written, or write the DNSProvider by hand'
  return { kind: 'refused', message }
}
