import { formatCount, printable } from '../../model/text.ts'
import type { CommandIo } from '../command-io.ts'
import { formatTable } from '../remote/format-table.ts'
import { chooseNamespace, type Scope } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import { withRemote } from '../remote/with-remote.ts'
import { listTyped } from '../remote/typed-object.ts'
import { listOrphans, type ZoneOrphans } from './zone-orphans.ts'

export type OrphansFlags = RemoteFlags & Scope

export async function runOrphans(flags: OrphansFlags, io: CommandIo): Promise<void> {
  await withRemote(flags, io, async (remote) => {
    const namespace = flags.namespace === undefined ? undefined : chooseNamespace(remote, flags)
    const zones = (await listTyped(remote, 'DNSProvider', namespace)).flatMap(listOrphans)
    if (zones.length === 0) {
      io.stderr('there are no orphans\n')
      return
    }
    const rows = zones.map(({ provider, zone, count, hash }) => [provider, zone, formatCount(count), hash])
    io.stdout(formatTable(['PROVIDER', 'ZONE', 'ORPHANS', 'HASH'], rows))
    for (const zone of zones) io.stdout(`\n${describeOrphans(zone, printCommandsFor(flags))}`)
  })
}

function describeOrphans({ provider, zone, count, hash, names, message }: ZoneOrphans, print: PrintCommand): string {
  const more = count > names.length ? [`  and ${formatCount(count - names.length)} more`] : []
  const lines = names.map((name) => `  ${printable(name)}`)
  const why = message === undefined ? [] : [`  what was to be removed is still there: ${printable(message)}`]
  return [`${zone}: ${print(`prune ${provider} ${hash}`)} removes`, ...lines, ...more, ...why].join('\n') + '\n'
}
