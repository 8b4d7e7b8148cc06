import { KIND_NAMES, REQUESTED_AT_ANNOTATION, type KindName } from '../../api/kinds.ts'
import { countOf } from '../../model/text.ts'
import type { CommandIo } from '../command-io.ts'
import { chooseNamespace, findObject, parseOwnRef, type Scope } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import type { Remote } from '../remote/remote.ts'
import { listTyped, refOf, typed } from '../remote/typed-object.ts'
import { withRemote } from '../remote/with-remote.ts'
import { systemClock } from '../system-clock.ts'
import { UsageError } from '../usage-error.ts'

export interface RefreshFlags extends RemoteFlags, Scope {
  readonly all?: true
}

export async function runRefresh(name: string | undefined, flags: RefreshFlags, io: CommandIo): Promise<void> {
  if ((name === undefined) === (flags.all === undefined)) throw new UsageError('name one object, or say --all')
  if (flags.allNamespaces && !flags.all) throw new UsageError('--all-namespaces goes with --all')
  const ref = name === undefined ? undefined : parseOwnRef(name, 'DynamicDNSRecord', flags.namespace)
  await withRemote(flags, io, async (remote) => {
    // To the millisecond: a second request within the same second is another one.
    const requestedAt = new Date(systemClock.now()).toISOString()
    const ask = (kind: KindName, key: { readonly namespace: string; readonly name: string }): Promise<void> =>
      remote.annotate(kind, key, { [REQUESTED_AT_ANNOTATION]: requestedAt })
    if (ref !== undefined) {
      const object = typed(ref.kind, await findObject(remote, ref))
      await ask(ref.kind, object.metadata)
      io.stdout(`${ref.kind} ${refOf(object)} will be looked at now\n`)
      return
    }
    const objects = await listAll(remote, chooseNamespace(remote, flags))
    for (const { kind, metadata } of objects) await ask(kind, metadata)
    await remote.source?.requestSync()
    io.stdout(`${countOf(objects.length, 'object')} will be looked at now\n`)
  })
}

async function listAll(
  remote: Remote,
  namespace: string | undefined,
): Promise<readonly Pick<Awaited<ReturnType<typeof listTyped>>[number], 'kind' | 'metadata'>[]> {
  return (await Promise.all(KIND_NAMES.map((kind) => listTyped(remote, kind, namespace)))).flat()
}
