import { PRUNE_ANNOTATION } from '../../api/kinds.ts'
import { countOf, printable } from '../../model/text.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { listOrphans } from '../orphans/zone-orphans.ts'
import { HASH, refuseUsed } from '../remote/given-hashes.ts'
import { findObject, parseOwnRef } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor } from '../remote/printed-commands.ts'
import { refOf, typed } from '../remote/typed-object.ts'
import { withRemote } from '../remote/with-remote.ts'
import { UsageError } from '../usage-error.ts'

export interface PruneFlags extends RemoteFlags {
  readonly namespace?: string
  readonly zone?: string
}

export interface PruneArguments {
  readonly provider: string
  readonly hash: string
}

export async function runPrune(
  { provider: name, hash }: PruneArguments,
  flags: PruneFlags,
  io: CommandIo,
): Promise<void> {
  const look = printCommandsFor(flags)('orphans')
  if (!HASH.test(hash)) throw new UsageError(`${hash} is no hash: ${look} shows it, 16 digits of 0-9 and a-f`)
  const ref = parseOwnRef(name, 'DNSProvider', flags.namespace)
  if (ref.kind !== 'DNSProvider') throw new UsageError(`${name} is no DNSProvider: orphans are a provider's`)
  const zone = flags.zone?.replace(/\.$/, '').toLowerCase()
  await withRemote(flags, io, async (remote) => {
    const provider = typed('DNSProvider', await findObject(remote, ref))
    const lists = listOrphans(provider).filter((list) => zone === undefined || list.zone === zone)
    const list = lists.find((candidate) => candidate.hash === hash)
    if (list === undefined) {
      const present = lists.map((other) => `${other.hash} in ${other.zone}`).join(', ') || 'none'
      const message = `DNSProvider ${refOf(provider)} has no orphans ${hash}; it has ${present}: look with ${look}`
      throw new CommandError(message)
    }
    const written = provider.metadata.annotations?.[PRUNE_ANNOTATION]
    const applied = provider.status.zones?.find(({ name: zoneName }) => zoneName === list.zone)?.appliedHash
    refuseUsed(hash, written, applied)
    for (const orphan of list.names) io.stdout(`  ${printable(orphan)}\n`)
    await remote.annotate('DNSProvider', provider.metadata, { [PRUNE_ANNOTATION]: hash })
    const count = countOf(list.count, 'record set')
    io.stdout(
      `${count} of zone ${list.zone} will be removed, if the list is still this one; ${look} shows what is left\n`,
    )
  })
}
