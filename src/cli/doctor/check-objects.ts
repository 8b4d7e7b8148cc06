// How the objects stand: providers and WAN addresses each, records and pools by what is stuck.
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import type { KindName } from '../../api/kinds.ts'
import { countOf, formatCount } from '../../model/text.ts'
import { hasReason } from '../../store/kube/api-errors.ts'
import { waitingForProvider } from '../approve/waiting.ts'
import { listOrphans } from '../orphans/zone-orphans.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { conditionOf, listTyped, refOf, type TypedObject } from '../remote/typed-object.ts'
import { describeReady } from '../status/common-links.ts'
import { bad, badAsToldBelow, good, plain, type Line, type Link } from '../status/explanation.ts'

const MOST_STUCK = 10

type AnyObject = Pick<TypedObject<KindName>, 'metadata' | 'problem'> & Parameters<typeof conditionOf>[0]

export async function checkObjects(remote: Remote, print: PrintCommand): Promise<readonly Link[]> {
  const [providers, wans, pools, records] = await Promise.all([
    listReadable(remote, 'DNSProvider'),
    listReadable(remote, 'WANAddress'),
    listReadable(remote, 'NodePool'),
    listReadable(remote, 'DynamicDNSRecord'),
  ])
  const describe = <Kind extends KindName>(
    kind: Kind,
    objects: readonly TypedObject<Kind>[] | undefined,
    lines: (objects: readonly TypedObject<Kind>[]) => readonly Line[],
  ): readonly Line[] =>
    objects === undefined
      ? [plain(`you may not list ${KIND_DEFINITIONS[kind].plural}, so nobody knows how they are`)]
      : lines(objects)
  return [
    {
      label: 'Providers',
      lines: describe('DNSProvider', providers, (all) => describeProviders(all, records ?? [], print)),
    },
    {
      label: 'WAN',
      lines: describe('WANAddress', wans, (all) =>
        all.map((wan) => describeEach(wan, [wan.status.ipv4, wan.status.ipv6])),
      ),
    },
    {
      label: 'Pools',
      lines: describe('NodePool', pools, (all) => listStuck(all, { noun: 'pool', prefix: 'pool/', print })),
    },
    {
      label: 'Records',
      lines: describe('DynamicDNSRecord', records, (all) => listStuck(all, { noun: 'record', prefix: '', print })),
    },
  ]
}

/** Undefined: one may not. That this is so is told among the rights. */
async function listReadable<Kind extends KindName>(
  remote: Remote,
  kind: Kind,
): Promise<readonly TypedObject<Kind>[] | undefined> {
  return listTyped(remote, kind).catch((error: unknown) => {
    if (hasReason(error, 'Forbidden')) return undefined
    throw error
  })
}

function describeProviders(
  providers: readonly TypedObject<'DNSProvider'>[],
  records: readonly TypedObject<'DynamicDNSRecord'>[],
  print: PrintCommand,
): readonly Line[] {
  if (providers.length === 0) return [bad('there is no DNSProvider, so no record can be served: create one')]
  return providers.flatMap((provider) => [
    describeEach(provider, [provider.spec.type, provider.status.zoneSummary]),
    ...waitingForProvider(provider, records).map(({ hash, title }) =>
      bad(`${title} waits: ${print(`approve provider/${refOf(provider)} ${hash}`)}`),
    ),
    ...listOrphans(provider).map(({ zone, count }) =>
      plain(`${zone} has ${countOf(count, 'orphan')}: ${print('orphans')}`),
    ),
  ])
}

function describeEach(object: AnyObject, details: readonly (string | undefined)[]): Line {
  const words = details.filter((detail) => detail !== undefined && detail !== '').join(', ')
  const shown = `${refOf(object)}${words === '' ? '' : ` (${words})`}`
  const why = whyStuck(object)
  return why === undefined ? good(shown) : bad(`${shown}: ${why}`)
}

interface Naming {
  readonly noun: string
  /** As the commands take it. */
  readonly prefix: string
  readonly print: PrintCommand
}

function listStuck(objects: readonly AnyObject[], { noun, prefix, print }: Naming): readonly Line[] {
  if (objects.length === 0) return []
  const stuck = objects.flatMap((object) => {
    const why = whyStuck(object)
    return why === undefined ? [] : [bad(`${prefix}${refOf(object)}: ${why}`)]
  })
  const ready = `${formatCount(objects.length - stuck.length)} of ${countOf(objects.length, noun)} ready`
  const more = stuck.length - MOST_STUCK
  return [
    stuck.length === 0 ? good(ready) : badAsToldBelow(ready),
    ...stuck.slice(0, MOST_STUCK),
    ...(more > 0 ? [{ ...bad(`and ${formatCount(more)} more: ${print(`get ${noun}s -A`)}`), findings: more }] : []),
  ]
}

/** Undefined: it is not. */
function whyStuck(object: AnyObject): string | undefined {
  const ready = conditionOf(object, 'Ready')
  if (object.problem !== undefined) return object.problem
  if (ready === undefined) return 'no controller has looked at it yet'
  return ready.status === 'True' ? undefined : `${describeReady(ready)}: ${ready.message}`
}
