// external-dns's flags as a DNSProvider with the same owner id and marks. The records themselves come from the zone: `stoa import`.
import type { ManifestInput } from './epictetus-migration.ts'
import { fateOf, parseFlags, type Flags } from './external-dns-flags.ts'
import { BY_ZONE_ID, plainName, TRANSLATIONS, type SecretSource } from './external-dns-providers.ts'
import { completeEnvironment } from './given-environment.ts'
import type { Migration, Place } from './migration.ts'
import { listContainers, tellWholeSources, withoutCopies, type Argument, type Container } from './read-workloads.ts'

export interface ExternalDnsInput extends ManifestInput {
  /** From the command line itself. */
  readonly flags: readonly string[]
}

type Instance = Pick<Container, 'place' | 'arguments' | 'environment' | 'environmentFrom'>

const NAME = 'external-dns'
/** These keep marks at the records themselves, and in no TXT records of their own. */
const NATIVE_ONLY = ['cloudflare']

export function migrateExternalDns(input: ExternalDnsInput, migration: Migration): void {
  const instances = findInstances(input)
  if (instances.length === 0) {
    const remedy =
      'give its Deployment (kubectl get deploy -A -o yaml | stoa migrate external-dns -, or what helm template makes of its values), or its ' +
      'flags behind --'
    migration.refuse({ file: input.file }, `no container of external-dns was found: ${remedy}`)
  }
  for (const [index, instance] of instances.entries()) {
    const flags = parseFlags(instance.arguments, instance.environment, migration)
    migrateInstance({ ...instance, flags, name: index === 0 ? NAME : `${NAME}-${index + 1}` }, input, migration)
  }
}

function findInstances({ objects, environment, flags }: ExternalDnsInput): readonly Instance[] {
  // A text without dashes may be the secret that a flag before it takes.
  const labelOf = (text: string): string => /^--[a-z0-9-]+/.exec(text)?.[0] ?? 'arguments'
  const written = flags.map((text): Argument => ({ text, place: { file: `<${labelOf(text)}>` } }))
  const place: Place = { file: '<arguments>' }
  return [
    ...(written.length > 0 ? [{ place, arguments: written, environment, environmentFrom: [] }] : []),
    ...withoutCopies(objects.flatMap(listContainers).filter(isExternalDns)).map((container) => ({
      ...container,
      environment: completeEnvironment(container.environment, environment),
    })),
  ]
}

function isExternalDns({ image, arguments: args, environment }: Container): boolean {
  if (/(?:^|\/)external-dns(?:[:@]|$)/.test(image)) return true
  return environment.has('EXTERNAL_DNS_PROVIDER') || args.some(({ text }) => text.startsWith('--txt-owner-id'))
}

interface Scope extends Instance {
  readonly flags: Flags
  readonly name: string
}

function migrateInstance(scope: Scope, { namespace }: ExternalDnsInput, migration: Migration): void {
  const { flags, name } = scope
  judgeFlags(flags, migration)
  tellWholeSources(scope, NAME, migration)
  const place = flags.get('provider')?.place ?? scope.place
  const type = flags.text('provider')
  const translate = Object.hasOwn(TRANSLATIONS, type) ? TRANSLATIONS[type] : undefined
  if (translate === undefined) {
    const what = type === '' ? '--provider is missing' : `--provider=${type} has no type here`
    const others = 'Others are reached through their webhook, or with type DNSEndpoint and external-dns itself'
    migration.refuse(place, `${what}; these are translated: ${Object.keys(TRANSLATIONS).join(', ')}. ${others}`)
    return
  }
  const zones = readZones(flags)
  const { spec, secretKeys, note } = translate({ flags, zones, place, migration })
  const secret = `${name}-credentials`
  const credentials = secretKeys && { credentialsSecretRef: { name: secret } }
  const ownership = readOwnership(scope, migration)
  migration.add({ kind: 'DNSProvider', namespace, name, spec: { ...spec, ...credentials, ...ownership }, place })
  if (note !== undefined) migration.note(note)
  if (secretKeys !== undefined) migration.note(describeSecret({ namespace, secret, secretKeys }, scope))
  tellZones(scope, zones, migration)
  tellNextSteps({ name, zones, isOwner: 'ownership' in ownership }, scope, migration)
}

/** An RFC 2136 server is told its zones by a flag of its own. */
function readZones(flags: Flags): readonly string[] {
  const named = flags.text('provider') === 'rfc2136' ? flags.list('rfc2136-zone') : []
  const filters = [...flags.list('domain-filter'), ...flags.list('zone-name-filter')]
  return [...new Set((named.length > 0 ? named : filters).map(plainName))]
}

function tellZones({ flags }: Scope, zones: readonly string[], migration: Migration): void {
  const byID = flags.get('zone-id-filter')
  if (byID !== undefined && !BY_ZONE_ID.includes(flags.text('provider'))) {
    const remedy = 'write the zones as --domain-filter and take it out'
    migration.refuse(byID.place, `--zone-id-filter: this type of DNSProvider is told its zones by name: ${remedy}`)
  }
  const filters = flags.list('domain-filter').map(plainName)
  if (filters.length === 0) return
  const others = filters.filter((filter) => !zones.includes(filter))
  const message =
    others.length === 0
      ? 'each --domain-filter became a zone. Where one is a name inside a zone, write the zone, and the name into allowedRecords[].hostnames'
      : `the zones are those of --rfc2136-zone; to allow no other names than --domain-filter does, write ${others.join(', ')} into ` +
        'allowedRecords[].hostnames'
  migration.note(message, flags.get('domain-filter')?.place)
}

function judgeFlags({ all }: Flags, migration: Migration): void {
  const choosing = new Set<string>()
  for (const flag of all) {
    const fate = fateOf(flag)
    if (fate.kind === 'refused') migration.refuse(flag.place, `--${flag.name} ${fate.message}`)
    if (fate.kind === 'noted') choosing.add(`--${flag.name}`)
  }
  if (choosing.size === 0) return
  migration.note(
    `${[...choosing].join(', ')}: what external-dns writes follows from other resources; here the names stand in DynamicDNSRecords, which ` +
      'stoa import writes from the zone as it is. Where a name should follow a Service or nodes, replace its addresses by a service or nodePool target',
  )
}

function readOwnership(scope: Scope, migration: Migration): Readonly<Record<string, unknown>> {
  const { flags } = scope
  const keptIn = flags.get('registry')
  const replacement = flags.get('txt-wildcard-replacement')
  if (replacement !== undefined && !['', '_wildcard'].includes(replacement.value)) {
    const remedy =
      'wildcards are looked for as * and _wildcard. Take the flag out; names that begin with * then need adopt: true'
    migration.refuse(
      replacement.place,
      `--txt-wildcard-replacement=${replacement.value} is not known to a DNSProvider: ${remedy}`,
    )
  }
  if (keptIn !== undefined && keptIn.value !== 'txt') {
    if (keptIn.value !== 'noop') {
      const remedy =
        'let external-dns run once with --registry=txt, which marks its records in the zone, then take it out'
      migration.refuse(keptIn.place, `--registry=${keptIn.value} keeps owners where Stoa does not look: ${remedy}`)
    }
    migration.note('--registry=noop marks nothing: the DynamicDNSRecords need adopt: true', keptIn.place)
    return {}
  }
  const id = readOwnerID(scope, migration)
  const [txtPrefix, txtSuffix] = [flags.text('txt-prefix'), flags.text('txt-suffix')]
  const naming = { ...(txtPrefix !== '' && { txtPrefix }), ...(txtSuffix !== '' && { txtSuffix }) }
  // One that keeps marks at the records themselves has no other registry, but reads these names.
  const registry = NATIVE_ONLY.includes(flags.text('provider')) ? {} : { registry: 'TXT' }
  return { ownership: { id, ...registry, ...naming } }
}

function readOwnerID({ flags, place }: Scope, migration: Migration): string {
  const id = flags.get('txt-owner-id')
  if (id === undefined) {
    migration.note(
      '--txt-owner-id was not set, so the owner id is external-dns’s own, `default`. Another cluster may have the same',
      place,
    )
    return 'default'
  }
  if (id.value === '') {
    const remedy = 'write the id that its marks carry, as --txt-owner-id'
    migration.refuse(id.place, `--txt-owner-id is empty, with which external-dns does not start: ${remedy}`)
  }
  return id.value
}

interface SecretParts {
  readonly namespace: string
  readonly secret: string
  readonly secretKeys: Readonly<Record<string, SecretSource>>
}

/** Says where the values are, never what they are. */
function describeSecret({ namespace, secret, secretKeys }: SecretParts, { environment, flags }: Scope): string {
  const steps: string[] = []
  const options = Object.entries(secretKeys).map(([key, { variables, flag }]) => {
    const [, named = ''] = /^\$\((.+)\)$/.exec(flags.text(flag ?? '')) ?? []
    const source = [...variables, named]
      .map((name) => environment.get(name)?.secret)
      .find((found) => found !== undefined)
    const file = `${key}.txt`
    if (source !== undefined) {
      const path = source.key.replaceAll('.', '\\.')
      steps.push(
        `  kubectl -n ${source.namespace} get secret ${source.name} -o jsonpath='{.data.${path}}' | base64 -d > ${file}`,
      )
    } else {
      const where = flag !== undefined && flags.get(flag) !== undefined ? ` (the value of --${flag})` : ''
      steps.push(`  write the ${key} alone into ${file}${where}`)
    }
    return `--from-file=${key}=${file}`
  })
  const command = `  kubectl -n ${namespace} create secret generic ${secret} ${options.join(' ')}`
  return [`the DNSProvider needs the Secret ${namespace}/${secret}:`, ...steps, command].join('\n')
}

const POLICIES: Readonly<Record<string, string>> = {
  'upsert-only': 'for records that must never be removed, write syncPolicy: UpsertOnly and deletionPolicy: Retain',
  'create-only':
    'a DynamicDNSRecord changes what it has, too. Nearest to it are syncPolicy: UpsertOnly and deletionPolicy: Retain, which remove nothing, and ' +
    'mode: PlanAll, which asks before each change',
}

interface NextSteps {
  readonly name: string
  readonly zones: readonly string[]
  /** Whether external-dns marks what it owns. */
  readonly isOwner: boolean
}

function tellNextSteps({ name, zones, isOwner }: NextSteps, { flags }: Scope, migration: Migration): void {
  const policy = flags.text('policy')
  if (Object.hasOwn(POLICIES, policy)) migration.note(`--policy=${policy}: ${POLICIES[policy] ?? ''}`)
  if (flags.isSet('cloudflare-proxied')) {
    migration.note(
      '--cloudflare-proxied: stoa import writes providerOptions.cloudflare.proxied for each record that has it',
    )
  }
  if (flags.isSet('dry-run')) migration.note('--dry-run: run Stoa with --dry-run as well')
  const [zone = 'ZONE', ...others] = zones
  const again = others.length > 0 ? `; the same for ${others.join(', ')}, each into a file of its own` : ''
  migration.note(
    `next: save the manifests as provider.yaml; stoa import --provider provider.yaml --zone ${zone} > records.yaml${again}; set external-dns ` +
      'to zero replicas; apply it all' +
      (isOwner
        ? `. DNSProvider ${name} has external-dns’s owner id, so what carries its mark is taken over by the records that claim it`
        : ''),
  )
}
