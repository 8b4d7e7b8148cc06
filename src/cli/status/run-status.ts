// Gathers what an object depends on, and explains it.
import type { KindName } from '../../api/kinds.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { findObject, parseOwnRef } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import type { Remote, RemoteObject } from '../remote/remote.ts'
import { listTyped, typed, type TypedObject } from '../remote/typed-object.ts'
import { withRemote } from '../remote/with-remote.ts'
import { explainPool, explainProvider, explainWan } from './explain-others.ts'
import { explainRecord, type TargetSource } from './explain-record.ts'
import { formatExplanation, type Explanation } from './explanation.ts'

export interface StatusFlags extends RemoteFlags {
  readonly namespace?: string
}

export async function runStatus(name: string, flags: StatusFlags, io: CommandIo): Promise<void> {
  const ref = parseOwnRef(name, 'DynamicDNSRecord', flags.namespace)
  await withRemote(flags, io, async (remote) => {
    const object = await findObject(remote, ref)
    const explanation = await explain(remote, { kind: ref.kind, object, print: printCommandsFor(flags) })
    io.stdout(formatExplanation(explanation))
    io.setExitCode(explanation.isReady ? EXIT.fine : EXIT.failure)
  })
}

interface Explained {
  readonly kind: KindName
  readonly object: RemoteObject
  readonly print: PrintCommand
}

async function explain(remote: Remote, { kind, object, print }: Explained): Promise<Explanation> {
  const surroundings = { report: await remote.source?.report(), print }
  switch (kind) {
    case 'NodePool':
      return explainPool(typed(kind, object), await listRecords(remote), surroundings)
    case 'WANAddress':
      return explainWan(typed(kind, object), surroundings)
    case 'DNSProvider':
      return explainProvider(typed(kind, object), await listRecords(remote), surroundings)
    case 'DynamicDNSRecord': {
      const record = typed(kind, object)
      return explainRecord({ record, ...surroundings, ...(await gather(remote, record)) })
    }
  }
}

async function listRecords(remote: Remote): Promise<readonly TypedObject<'DynamicDNSRecord'>[]> {
  return listTyped(remote, 'DynamicDNSRecord').catch(() => [])
}

interface Gathered {
  readonly sources: ReadonlyMap<string, TargetSource | undefined>
  readonly providers: ReadonlyMap<string, TypedObject<'DNSProvider'> | undefined>
}

/** What cannot be read is left open: one may not have every right, and still wants to see the rest. */
async function gather(remote: Remote, record: TypedObject<'DynamicDNSRecord'>): Promise<Gathered> {
  return { sources: await gatherSources(remote, record), providers: await gatherProviders(remote, record) }
}

async function gatherSources(
  remote: Remote,
  { status }: TypedObject<'DynamicDNSRecord'>,
): Promise<Gathered['sources']> {
  const sources = new Map<string, TargetSource | undefined>()
  for (const { source = '' } of status.targets ?? []) {
    const [, kind, namespace = '', name = ''] = /^(nodePool|wan)\/([^/]+)\/([^/ ]+)/.exec(source) ?? []
    const key = { namespace, name }
    if (kind === 'nodePool') sources.set(source, await read(remote, 'NodePool', key))
    if (kind === 'wan') sources.set(source, await read(remote, 'WANAddress', key))
  }
  return sources
}

async function gatherProviders(
  remote: Remote,
  { metadata, spec, status }: TypedObject<'DynamicDNSRecord'>,
): Promise<Gathered['providers']> {
  const { name, namespace = metadata.namespace } = spec.providerRef ?? {}
  const wanted = name === undefined ? [] : [`${namespace}/${name}`]
  const refs = new Set([...wanted, ...(status.zones ?? []).map(({ provider }) => provider)])
  const providers = new Map<string, TypedObject<'DNSProvider'> | undefined>()
  for (const ref of refs) {
    const [within = '', providerName = ''] = ref.split('/')
    providers.set(ref, await read(remote, 'DNSProvider', { namespace: within, name: providerName }))
  }
  return providers
}

async function read<Kind extends 'NodePool' | 'WANAddress' | 'DNSProvider'>(
  remote: Remote,
  kind: Kind,
  key: { readonly namespace: string; readonly name: string },
): Promise<TypedObject<Kind> | undefined> {
  const found = await remote.get(kind, key).catch(() => undefined)
  return found === undefined ? undefined : typed(kind, found)
}
