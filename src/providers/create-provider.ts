// From the spec of a DNSProvider to the provider it speaks of: the one place that knows them all.
import type { Egress } from '../egress/egress.ts'
import type { Clock } from '../model/clock.ts'
import { TerminalError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import { createAzureProvider } from './azure/azure-provider.ts'
import { createBuiltinProvider } from './builtin/builtin-provider.ts'
import type { ZoneStore } from './builtin/zone-store.ts'
import type { CallGate } from './call-gate.ts'
import { createCloudflareProvider } from './cloudflare/cloudflare-provider.ts'
import { createDnsEndpointProvider } from './dnsendpoint/dnsendpoint-provider.ts'
import type { ResourceWriter } from './dnsendpoint/resource-writer.ts'
import { createGandiProvider } from './gandi/gandi-provider.ts'
import { createGoogleProvider } from './google/google-provider.ts'
import type { Ownership } from './ownership/ownership.ts'
import { createPowerDnsProvider } from './powerdns/powerdns-provider.ts'
import type { Provider } from './provider.ts'
import { createRfc2136Provider } from './rfc2136/rfc2136-provider.ts'
import { createRoute53Provider } from './route53/route53-provider.ts'
import { understood } from './understood.ts'
import { createWebhookProvider } from './webhook/webhook-provider.ts'

type ZoneIDs = Readonly<Record<string, string>>

/** The parts of a DNSProvider's spec that say how to reach it, with their defaults filled in. Only the block of the type is there. */
export interface ProviderSettings {
  readonly type: string
  readonly zones: readonly Fqdn[]
  readonly cloudflare?: { readonly endpoint: string; readonly zoneIDs: ZoneIDs }
  readonly gandi?: { readonly endpoint: string }
  readonly route53?: {
    readonly region: string
    readonly roleARN: string
    readonly endpoint: string
    readonly zoneIDs: ZoneIDs
    readonly privateZones: boolean
  }
  readonly google?: { readonly project: string }
  readonly azure?: { readonly subscriptionID: string; readonly resourceGroup: string; readonly tenantID: string }
  readonly rfc2136?: { readonly server: string; readonly tsigAlgorithm: string }
  readonly powerdns?: { readonly endpoint: string; readonly serverID: string }
  readonly webhook?: { readonly endpoint: string }
  readonly dnsEndpoint?: { readonly namespace?: string }
}

/** Reads one key of the Secret as it is at this moment; throws CredentialsInvalid when it is not there. */
export type ReadSecret = (key: string) => string

export interface ProviderPorts {
  readonly gate: CallGate
  /** How calls get out of this machine; absent: directly. */
  readonly egress?: Egress | undefined
  readonly clock: Clock
  /** A DNS message id nobody can guess. */
  readonly nextId: () => number
  readonly ownership: Ownership
  /** Undefined without credentialsSecretRef. */
  readonly secret: ReadSecret | undefined
  /** The namespace of the DNSProvider itself. */
  readonly namespace: string
  /** Where DNSEndpoint resources are written; undefined where there is no cluster. */
  readonly writer: ResourceWriter | undefined
  /** The zones of the embedded name server. */
  readonly stores: ReadonlyMap<Fqdn, ZoneStore>
}

type Create = (settings: ProviderSettings, ports: ProviderPorts) => Provider

const CREATORS: Readonly<Record<string, Create>> = {
  Cloudflare(settings, ports) {
    const { endpoint, zoneIDs } = need(settings, 'cloudflare')
    return createCloudflareProvider({ ...ports, endpoint, zoneIDs, token: secretOf(settings, ports, 'token') })
  },
  Gandi(settings, ports) {
    const { endpoint } = need(settings, 'gandi')
    return createGandiProvider({ ...ports, endpoint, token: secretOf(settings, ports, 'token') })
  },
  Route53(settings, ports) {
    const { secret } = ports
    const keys = secret && {
      accessKeyID: (): string => secret('accessKeyID'),
      secretAccessKey: (): string => secret('secretAccessKey'),
    }
    return createRoute53Provider({ ...ports, ...need(settings, 'route53'), keys })
  },
  Google(settings, ports) {
    const { project } = need(settings, 'google')
    const { secret } = ports
    return createGoogleProvider({
      ...ports,
      project,
      ...(secret && { serviceAccountJSON: () => secret('serviceAccountJSON') }),
    })
  },
  Azure(settings, ports) {
    const { secret } = ports
    const application = secret && {
      application: () => ({ clientID: secret('clientID'), clientSecret: secret('clientSecret') }),
    }
    return createAzureProvider({ ...ports, ...need(settings, 'azure'), ...application })
  },
  RFC2136(settings, ports) {
    const { secret } = ports
    const tsig = secret && { keyName: (): string => secret('tsigKeyName'), secret: (): string => secret('tsigSecret') }
    return createRfc2136Provider({
      ...ports,
      ...need(settings, 'rfc2136'),
      zones: settings.zones,
      tsig: () => tsig && { keyName: tsig.keyName(), secret: tsig.secret() },
    })
  },
  PowerDNS: (settings, ports) =>
    createPowerDnsProvider({ ...ports, ...need(settings, 'powerdns'), apiKey: secretOf(settings, ports, 'apiKey') }),
  Webhook: (settings, ports) =>
    createWebhookProvider({ ...ports, ...need(settings, 'webhook'), zones: settings.zones }),
  DNSEndpoint(settings, ports) {
    const { writer, gate } = ports
    if (writer === undefined) {
      throw new TerminalError(
        'InvalidSpec',
        'type DNSEndpoint writes Kubernetes resources, and there is no cluster here',
      )
    }
    const namespace = settings.dnsEndpoint?.namespace ?? ports.namespace
    return createDnsEndpointProvider({ writer, gate, namespace, zones: settings.zones })
  },
  Builtin: (_settings, { stores }) => createBuiltinProvider({ stores }),
}

export function createProvider(settings: ProviderSettings, ports: ProviderPorts): Provider {
  const create = Object.hasOwn(CREATORS, settings.type) ? CREATORS[settings.type] : undefined
  if (create === undefined) throw new TerminalError('InvalidSpec', `spec.type ${settings.type} is not known`)
  checkRegistry(settings, ports)
  const provider = create(settings, ports)
  // Nobody is asked for what is in this process.
  return settings.type === 'Builtin' ? provider : understood(provider)
}

/** Types that keep marks in one way only; the others know both. */
const ONLY_REGISTRY: Readonly<Record<string, Ownership['registry']>> = {
  ...{ Cloudflare: 'Native', DNSEndpoint: 'Native', Builtin: 'Native' },
  ...{ Gandi: 'TXT', Route53: 'TXT', Google: 'TXT', RFC2136: 'TXT', Webhook: 'TXT' },
}

function checkRegistry({ type }: ProviderSettings, { ownership: { registry } }: ProviderPorts): void {
  const only = ONLY_REGISTRY[type]
  if (registry === 'Auto' || only === undefined || only === registry) return
  throw new TerminalError(
    'InvalidSpec',
    `spec.ownership.registry ${registry} is not available for ${type}: use Auto or ${only}`,
  )
}

function need<Block extends keyof ProviderSettings>(
  settings: ProviderSettings,
  block: Block,
): NonNullable<ProviderSettings[Block]> {
  const found = settings[block]
  if (found !== undefined) return found
  throw new TerminalError('InvalidSpec', `spec.${block} is missing, which type ${settings.type} needs`)
}

function secretOf({ type }: ProviderSettings, { secret }: ProviderPorts, key: string): () => string {
  return () => {
    if (secret !== undefined) return secret(key)
    throw new TerminalError(
      'CredentialsInvalid',
      `type ${type} needs spec.credentialsSecretRef, to a Secret with the key \`${key}\``,
    )
  }
}
