// A provider for reading alone, from a manifest and Secrets in files or the environment.
import { randomInt } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { DNSProvider } from '../../api/kinds.ts'
import { Breaker } from '../../apply/breaker.ts'
import { CallBudget } from '../../apply/call-budget.ts'
import { findEgress } from '../../egress/egress.ts'
import { TerminalError } from '../../model/errors.ts'
import type { OwnerId } from '../../model/record-set.ts'
import { createProvider, type ReadSecret } from '../../providers/create-provider.ts'
import { allowanceOf } from '../../providers/default-budget.ts'
import type { Provider } from '../../providers/provider.ts'
import { deriveOwnership, deriveProviderSettings } from '../../reconcile/provider/provider-settings.ts'
import { SecretFiles } from '../../store/git/secret-files.ts'
import type { SecretLookup } from '../../store/store.ts'
import type { CommandIo } from '../command-io.ts'
import { dataFolder } from '../environment.ts'
import { systemClock } from '../system-clock.ts'

/** Nobody's: without `spec.ownership.id` whatever is marked counts as somebody else's. */
const NO_OWNER = '' as OwnerId

const MESSAGE_IDS = 65_536

export interface SecretFlags {
  readonly secretDir?: string
  readonly data?: string
}

export async function openProvider(object: DNSProvider, flags: SecretFlags, io: CommandIo): Promise<Provider> {
  const { spec, metadata } = object
  if (spec.type === 'DNSEndpoint' || spec.type === 'Builtin') {
    const message = `type ${spec.type} has no zone of its own to import: name the DNSProvider that holds it now`
    throw new TerminalError('InvalidSpec', message)
  }
  return createProvider(deriveProviderSettings(object), {
    gate: new CallBudget({
      allowance: allowanceOf(spec.type, spec.rateLimit?.requestsPerMinute),
      clock: systemClock,
      breaker: new Breaker(systemClock, Math.random),
    }),
    egress: findEgress(io.env),
    clock: systemClock,
    nextId: () => randomInt(MESSAGE_IDS),
    ownership: deriveOwnership(object, NO_OWNER),
    secret: await readSecret(object, secretsFolder(flags, io), io),
    namespace: metadata.namespace,
    writer: undefined,
    stores: new Map(),
  })
}

/** Where a Stoa without a cluster has them, unless it was said. */
function secretsFolder({ secretDir, data }: SecretFlags, io: CommandIo): string {
  return secretDir === undefined ? join(dataFolder(io, data), 'secrets') : resolve(io.cwd, secretDir)
}

async function readSecret(
  { spec, metadata: { namespace } }: DNSProvider,
  folder: string,
  io: CommandIo,
): Promise<ReadSecret | undefined> {
  const name = spec.credentialsSecretRef?.name
  if (name === undefined) return undefined
  const lookup = await lookUp({ namespace, name }, folder, io)
  const where = `${folder}/${namespace}/${name}`
  const variable = `STOA_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
  return (key) => {
    if (lookup.kind === 'unknown') throw new TerminalError('SecretNotFound', lookup.message)
    const value = lookup.kind === 'found' ? lookup.values.get(key) : undefined
    if (value !== undefined && value !== '') return value
    const remedy = `put it into the file ${where}/${key}, or set ${variable}_${key.toUpperCase()}`
    throw new TerminalError('SecretNotFound', `Secret ${namespace}/${name} is not there with the key ${key}: ${remedy}`)
  }
}

function lookUp(
  key: { readonly namespace: string; readonly name: string },
  folder: string,
  { env }: CommandIo,
): Promise<SecretLookup> {
  return new Promise((found) => {
    const files = new SecretFiles({
      ...{ folder, environment: { ...env }, clock: systemClock },
      onChange: () => found(files.get(key)),
    })
    files.follow([key])
  })
}
