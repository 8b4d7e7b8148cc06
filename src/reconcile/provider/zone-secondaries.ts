// Which zones the built-in name server serves and who may copy them, as the DNSProviders and their Secrets say it now.
import type { DNSProvider } from '../../api/kinds.ts'
import { parseIpAddress } from '../../model/address.ts'
import { TerminalError, toReconcileError, TransientError, type ReconcileError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneSecondary } from '../../providers/builtin/zone-secondary.ts'
import type { ObjectKey, StoreReader } from '../../store/store.ts'
import { parseTsigAlgorithm, parseTsigName, parseTsigSecret, type TsigKey } from '../../wire/tsig-key.ts'
import { refText } from '../object-keys.ts'
import { zonesOf } from './provider-settings.ts'

export interface SecondariesByZone {
  /** Every zone that is served, also where nobody may copy it. */
  readonly byZone: ReadonlyMap<Fqdn, readonly ZoneSecondary[]>
  /** By ref of a DNSProvider: the first thing that keeps one of its secondaries from copying. */
  readonly problems: ReadonlyMap<string, ReconcileError>
}

type SecondarySpec = NonNullable<NonNullable<DNSProvider['spec']['builtin']>['secondaries']>[number]

const DEFAULT_PORT = 53

/** Whoever cannot be identified beyond doubt is left out, and may not copy. */
export function listSecondaries(store: StoreReader): SecondariesByZone {
  const providers = [...store.list('DNSProvider')].flatMap(({ resource }) => resource ?? [])
  const byZone = new Map<Fqdn, readonly ZoneSecondary[]>()
  const problems = new Map<string, ReconcileError>()
  for (const provider of providers.filter(({ spec }) => spec.type === 'Builtin')) {
    const ref = refText(provider.metadata)
    const { secondaries, problem } = readSecondaries(store, provider)
    if (problem !== undefined) problems.set(ref, problem)
    for (const zone of zonesOf(provider.spec)) {
      const rival = providers.find((other) => other !== provider && serves(other, zone))
      byZone.set(zone, rival === undefined ? secondaries : [])
      if (rival !== undefined && hasSecondaries(provider)) {
        problems.set(ref, rivalryOver(zone, refText(rival.metadata)))
      }
    }
  }
  return { byZone, problems }
}

/** The Secrets that a DNSProvider names. */
export function listSecretNames({ spec }: DNSProvider): readonly string[] {
  const keys = spec.builtin?.secondaries?.map(({ tsigSecretRef }) => tsigSecretRef) ?? []
  return [spec.credentialsSecretRef, ...keys].flatMap((ref) => ref?.name ?? [])
}

function hasSecondaries({ spec }: DNSProvider): boolean {
  return (spec.builtin?.secondaries ?? []).length > 0
}

function serves({ spec }: DNSProvider, zone: Fqdn): boolean {
  return spec.type === 'Builtin' && zonesOf(spec).includes(zone)
}

/** Anybody who may make a DNSProvider could copy the zones of others. */
function rivalryOver(zone: Fqdn, rival: string): ReconcileError {
  const message = `nobody may copy ${zone}, since DNSProvider ${rival} serves it too: take the zone out of one of them`
  return new TerminalError('InvalidSpec', message)
}

function readSecondaries(
  store: StoreReader,
  { spec, metadata: { namespace } }: DNSProvider,
): { readonly secondaries: readonly ZoneSecondary[]; readonly problem: ReconcileError | undefined } {
  const secondaries: ZoneSecondary[] = []
  let problem: ReconcileError | undefined
  for (const given of spec.builtin?.secondaries ?? []) {
    try {
      secondaries.push({
        // As the system writes the address of who asks.
        host: parseIpAddress(given.address) ?? given.address,
        port: given.port ?? DEFAULT_PORT,
        key: readKey(store, namespace, given),
      })
    } catch (error) {
      problem ??= toReconcileError(error)
    }
  }
  return { secondaries, problem }
}

function readKey(store: StoreReader, namespace: string, given: SecondarySpec): TsigKey | undefined {
  const { tsigSecretRef, tsigAlgorithm = 'hmac-sha256', address } = given
  if (tsigSecretRef === undefined) return undefined
  const values = readSecret(store, { namespace, name: tsigSecretRef.name }, address)
  const name = parseTsigName(values.get('tsigKeyName') ?? '')
  const secret = parseTsigSecret(values.get('tsigSecret') ?? '')
  const algorithm = parseTsigAlgorithm(tsigAlgorithm)
  if (name !== undefined && secret !== undefined && algorithm !== undefined) return { name, algorithm, secret }
  const missing = name === undefined ? 'tsigKeyName that is a name' : 'tsigSecret in base64'
  throw new TerminalError(
    'CredentialsInvalid',
    `secondary ${address} may not copy: Secret ${namespace}/${tsigSecretRef.name} has no ${missing}; put it there`,
  )
}

function readSecret(store: StoreReader, key: ObjectKey, address: string): ReadonlyMap<string, string> {
  const found = store.secret(key)
  if (found.kind === 'found') return found.values
  if (found.kind !== 'absent') throw new TransientError('ProviderUnavailable', found.message)
  const message = `secondary ${address} may not copy: Secret ${refText(key)} does not exist; create it with the keys tsigKeyName and tsigSecret`
  throw new TerminalError('SecretNotFound', message)
}
