import { TerminalError, toReconcileError, ReconcileError } from '../../model/errors.ts'
import { parseFqdn, type Fqdn } from '../../model/name.ts'
import type { StoredSet } from '../../model/record-set.ts'
import type { DNSProvider } from '../../api/kinds.ts'
import type { Provider, ZoneSession } from '../../providers/provider.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { Migration } from '../migrate/migration.ts'
import { printMigration } from '../migrate/print-migration.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { UsageError } from '../usage-error.ts'
import { findProvider } from './find-provider.ts'
import { importZone } from './import-zone.ts'
import { openProvider } from './open-provider.ts'

export interface ImportFlags extends RemoteFlags {
  readonly provider: string
  readonly zone: string
  readonly secretDir?: string
  readonly namespace?: string
  readonly out?: string
}

export async function runImport(flags: ImportFlags, io: CommandIo): Promise<void> {
  const zone = parseFqdn(flags.zone.toLowerCase().replace(/\.$/, ''))
  if (zone === undefined) throw new UsageError(`--zone: ${flags.zone} is no name of a zone`)
  try {
    const { object, place } = await findProvider(flags, io)
    const content = await readZone(object, zone, flags, io)
    const migration = new Migration()
    const namespace = flags.namespace ?? object.metadata.namespace
    importZone({ ...content, provider: object, namespace, place }, migration)
    await printMigration(migration, flags.out, io)
  } catch (error) {
    // Whoever interrupts it knows why nothing came of it.
    if (io.signal.aborted || !(error instanceof CommandError || error instanceof ReconcileError)) throw error
    io.stderr(`error: ${error.message}\n`)
    io.setExitCode(EXIT.failure)
  }
}

interface ZoneContent {
  readonly session: Pick<ZoneSession, 'zone' | 'capabilities' | 'normalise' | 'cutAbove' | 'obstacles'>
  readonly sets: readonly StoredSet[]
}

/** Lists, and calls nothing else. */
async function readZone(object: DNSProvider, zone: Fqdn, flags: ImportFlags, io: CommandIo): Promise<ZoneContent> {
  const provider = await openProvider(object, flags, io)
  try {
    const session = await openZone(provider, zone, io.signal)
    const sets: StoredSet[] = []
    for await (const page of session.list(io.signal)) sets.push(...page)
    return { session, sets }
  } catch (error) {
    throw toReconcileError(error)
  } finally {
    await provider.close()
  }
}

async function openZone(provider: Provider, zone: Fqdn, signal: AbortSignal): Promise<ZoneSession> {
  const zones = await provider.listZones(signal)
  if (zones.includes(zone)) return provider.openZone(zone, signal)
  const there = zones.length === 0 ? 'it has none' : `it has ${zones.slice(0, 10).join(', ')}`
  throw new TerminalError('ZoneNotFound', `the provider has no zone ${zone}: ${there}`)
}
