// Epictetus as our resources: its environment says when a node leaves DNS, annotations of Services say which names there are.
import { completeEnvironment, type GivenEnvironment, type Variable } from './given-environment.ts'
import { listEpictetusServices, type EpictetusService } from './epictetus-services.ts'
import { buildDrain, DRAIN_SETTINGS } from './epictetus-drain.ts'
import { formatPlace, type Migration } from './migration.ts'
import { objectNameOf, uniqueName } from './object-name.ts'
import { listContainers, tellWholeSources, withoutCopies, type Container, type FoundObject } from './read-workloads.ts'

export interface ManifestInput {
  /** What was given first. */
  readonly file: string
  readonly objects: readonly FoundObject[]
  /** Of --env-file; it wins over what stands in a Deployment. */
  readonly environment: GivenEnvironment
  readonly namespace: string
}

interface Scope {
  readonly namespace: string
  readonly services: readonly EpictetusService[]
  readonly settings: GivenEnvironment
  readonly migration: Migration
}

const PROVIDER = 'cloudflare'
const SECRET = 'cloudflare-token'
const TOKEN = 'CLOUDFLARE_API_TOKEN'
const ALL_NODES = 'all-nodes'
const CONTROL_PLANE = 'control-plane'
const MOST_HOSTNAMES = 64

/** What it looks at, in its order; the last is its own label. */
const ADDRESS_SOURCES = [
  { type: 'ExternalIP' },
  { type: 'Annotation', key: 'flannel.alpha.coreos.com/public-ip' },
  { type: 'Label', key: 'k8s.magicorn.net/external-ip' },
]

export function migrateEpictetus({ file, objects, environment, namespace }: ManifestInput, migration: Migration): void {
  const containers = withoutCopies(listEpictetus(objects.flatMap(listContainers)))
  const services = settleHostnames(listEpictetusServices(objects, migration), migration)
  const written = new Map(containers.flatMap((container) => [...container.environment]))
  const settings = completeEnvironment(written, environment)
  refuseDifferences(containers, environment, migration)
  for (const container of containers) tellWholeSources(container, 'Epictetus', migration)
  if (services.length === 0) {
    const remedy = 'give the Services too: kubectl get deploy,svc -A -o yaml | stoa migrate epictetus -'
    migration.refuse({ file }, `no Service has epictetus.io/dns-enabled: "true" and a hostname: ${remedy}`)
    return
  }
  if (settings.size === 0 && containers.length === 0) {
    migration.note('no Deployment of Epictetus was given, nor --env-file: its settings count as not written')
  }
  const scope: Scope = { namespace, services, settings, migration }
  addProvider(scope)
  addPools(scope)
  addRecords(scope)
  migration.note(
    'stop Epictetus before the records are applied: it deletes every A record of a name that is not one of its nodes. What the zone ' +
      'holds then is taken over as it is (adopt: true); addresses that are no node of the pool leave with the first change',
  )
}

/** Other programs have a token for Cloudflare, too, so that it tells Epictetus only where nothing else does. */
function listEpictetus(containers: readonly Container[]): readonly Container[] {
  const signs: readonly ((container: Container) => boolean)[] = [
    ({ image }) => /(?:^|\/)epictetus(?:[:@]|$)/.test(image),
    ({ environment }) => environment.has('UNHEALTHY_NODE_TAINTS'),
    ({ environment }) => environment.has(TOKEN),
  ]
  const sign = signs.find((sign) => containers.some(sign))
  return sign === undefined ? [] : containers.filter(sign)
}

/** Of several, as those of two clusters: one NodePool and one token cannot do what each of them does. */
function refuseDifferences(containers: readonly Container[], given: GivenEnvironment, migration: Migration): void {
  for (const name of [...DRAIN_SETTINGS, TOKEN].filter((setting) => !given.has(setting))) {
    const texts = new Set(containers.map(({ environment }) => textOf(environment.get(name))))
    const place = containers.findLast(({ environment }) => environment.has(name))?.environment.get(name)?.place
    if (texts.size < 2 || place === undefined) continue
    const remedy = 'translate the manifests of each by themselves, or say with --env-file what holds for all'
    migration.refuse(place, `${name} is not the same for all of ${containers.length} Epictetus here: ${remedy}`)
  }
}

function textOf(variable: Variable | undefined): string {
  return JSON.stringify([variable?.value, variable?.secret])
}

/** Epictetus takes whichever it meets last; here one of them has to be chosen. */
function settleHostnames(services: readonly EpictetusService[], migration: Migration): readonly EpictetusService[] {
  const first = new Map<string, EpictetusService>()
  return services.flatMap((service) => {
    const hostnames = service.hostnames.filter((hostname) => {
      const other = first.get(hostname)
      if (other === undefined) first.set(hostname, service)
      else if (settingsOf(other) !== settingsOf(service)) {
        const remedy = 'Epictetus takes whichever it meets last; make them equal, or take the hostname from one'
        migration.refuse(
          service.place,
          `${hostname} is also at ${formatPlace(other.place)} with other settings: ${remedy}`,
        )
      } else migration.note(`${hostname} is also at ${formatPlace(other.place)}, which has the record`, service.place)
      return other === undefined
    })
    return hostnames.length === 0 ? [] : [{ ...service, hostnames }]
  })
}

function settingsOf({ ttlSeconds, proxied, controlPlaneOnly }: EpictetusService): string {
  return JSON.stringify([ttlSeconds, proxied, controlPlaneOnly])
}

function addProvider({ namespace, services, settings, migration }: Scope): void {
  const token = settings.get(TOKEN)
  const [{ place = { file: '<stdin>' } } = {}] = services
  const guests = guestNamespaces(namespace, services)
  const spec = {
    type: 'Cloudflare',
    credentialsSecretRef: { name: SECRET },
    ...(guests.length > 0 && { allowedRecords: [{}, { namespaces: among(guests) }] }),
  }
  migration.add({ kind: 'DNSProvider', namespace, name: PROVIDER, spec, place: token?.place ?? place })
  migration.note(
    `the DNSProvider takes the same token, from a Secret of its own with the key token:\n${describeSecret(namespace, token)}`,
  )
}

function describeSecret(namespace: string, token: Variable | undefined): string {
  const create = `kubectl -n ${namespace} create secret generic ${SECRET} --from-file=token=`
  if (token?.secret === undefined) return `  ${create}token.txt     # the token alone in token.txt`
  const { namespace: from, name, key } = token.secret
  const path = key.replaceAll('.', '\\.')
  return (
    `  kubectl -n ${from} get secret ${name} -o jsonpath='{.data.${path}}' | base64 -d |\n` + `    ${create}/dev/stdin`
  )
}

function guestNamespaces(namespace: string, services: readonly EpictetusService[]): readonly string[] {
  return [...new Set(services.map((service) => service.namespace))].filter((other) => other !== namespace).sort()
}

function among(namespaces: readonly string[]): object {
  const expression = { key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }
  return { from: 'Selector', matchExpressions: [expression] }
}

function addPools({ namespace, services, settings, migration }: Scope): void {
  const drain = buildDrain(settings, migration)
  const guests = guestNamespaces(namespace, services)
  const shared = {
    addressSources: ADDRESS_SOURCES,
    drain,
    ...(guests.length > 0 && { allowedNamespaces: among([namespace, ...guests]) }),
  }
  for (const [name, isWanted, selector] of [
    [ALL_NODES, false, {}],
    [CONTROL_PLANE, true, { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] }],
  ] as const) {
    const first = services.find(({ controlPlaneOnly }) => controlPlaneOnly === isWanted)
    if (first === undefined) continue
    migration.add({ kind: 'NodePool', namespace, name, spec: { selector, ...shared }, place: first.place })
  }
  if (services.some(({ controlPlaneOnly }) => controlPlaneOnly)) {
    migration.note(
      `nodes that have only the old label node-role.kubernetes.io/master are not in the pool ${CONTROL_PLANE}`,
    )
  }
  migration.note(
    'a pool never goes below one member for readiness (minMembers) and keeps at least half in (maxUnavailablePercent): where ' +
      'Epictetus would have deleted all A records, what was published last stays. Private addresses of nodes are not published unless ' +
      'allowNonGlobalAddresses: true is written',
  )
}

function addRecords({ namespace, services, migration }: Scope): void {
  const taken = new Set<string>()
  for (const service of services.flatMap(splitHostnames)) {
    const { hostnames, ttlSeconds, proxied, controlPlaneOnly, place } = service
    const isGuest = service.namespace !== namespace
    const reference = (name: string): object => ({ name, ...(isGuest && { namespace }) })
    const spec = {
      hostnames,
      ttlSeconds,
      providerRef: reference(PROVIDER),
      targets: [{ nodePool: reference(controlPlaneOnly ? CONTROL_PLANE : ALL_NODES) }],
      adopt: true,
      ...(proxied && { providerOptions: { cloudflare: { proxied } } }),
    }
    const name = uniqueName(`${service.namespace}/${objectNameOf(service.name)}`, taken).split('/')[1] ?? service.name
    migration.add({ kind: 'DynamicDNSRecord', namespace: service.namespace, name, spec, place })
  }
}

/** A record has no more than so many; one Service may have more. */
function splitHostnames(service: EpictetusService): readonly EpictetusService[] {
  const { hostnames } = service
  if (hostnames.length <= MOST_HOSTNAMES) return [service]
  const [first, rest] = [hostnames.slice(0, MOST_HOSTNAMES), hostnames.slice(MOST_HOSTNAMES)]
  return [{ ...service, hostnames: first }, ...splitHostnames({ ...service, hostnames: rest })]
}
