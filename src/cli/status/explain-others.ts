// The chains of pools, WAN addresses and providers.
import type { ControlReport } from '../../serve/control-socket.ts'
import { waitingForProvider } from '../approve/waiting.ts'
import { listHindrances } from '../drain/list-hindrances.ts'
import { listOrphans } from '../orphans/zone-orphans.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import { conditionOf, refOf, type TypedObject } from '../remote/typed-object.ts'
import { commonSteps, conditionLines, objectLink, readReady, writtenLink, type Described } from './common-links.ts'
import { bad, good, judged, plain, type Explanation, type Line, type Link } from './explanation.ts'

/** Where the object is looked at. */
export interface Surroundings {
  /** Without a cluster. */
  readonly report: ControlReport | undefined
  readonly print: PrintCommand
}

export function explainPool(
  pool: TypedObject<'NodePool'>,
  records: readonly TypedObject<'DynamicDNSRecord'>[],
  surroundings: Surroundings,
): Explanation {
  const { members, addresses, inactive = [] } = pool.status
  const counts =
    members === undefined ? [] : [plain(`${members.active} of ${members.total} active: ${addresses ?? ''}`)]
  const lines = inactive.map(({ name, state, reason, since = '', safeToRemoveAt }) => {
    const why = reason === undefined ? '' : `, ${reason}`
    const safe = safeToRemoveAt === undefined ? 'not yet safe to remove' : `safe to remove from ${safeToRemoveAt} on`
    return plain(`${name} ${state}${why}${since === '' ? '' : ` since ${since}`}: ${safe}`)
  })
  const isUnconfirmed = inactive.some(({ safeToRemoveAt }) => safeToRemoveAt === undefined)
  const hindrances = isUnconfirmed ? listHindrances(refOf(pool), records) : []
  const links = [
    { label: 'Members', lines: [...counts, ...lines] },
    { label: 'Removal', lines: hindrances.map(plain) },
  ]
  return compose(pool, { ...surroundings, links, name: `pool/${refOf(pool)}` })
}

export function explainWan(wan: TypedObject<'WANAddress'>, surroundings: Surroundings): Explanation {
  const { ipv4, ipv6, changedAt, previous, sources = [] } = wan.status
  const present = listAddresses({ ipv4, ipv6 })
  const since = changedAt === undefined ? '' : ` since ${changedAt}`
  const before = previous === undefined ? '' : `, before that ${listAddresses(previous)}`
  const address = present === '' ? bad('not known yet') : good(`${present}${since}${before}`)
  const answers = sources.map(({ name, transport, answer, error }) =>
    judged(error === undefined, `${name} (${transport}): ${answer ?? error ?? 'has not answered yet'}`),
  )
  const links = [
    { label: 'Address', lines: [address] },
    { label: 'Sources', lines: answers },
  ]
  return compose(wan, { ...surroundings, links, name: `wan/${refOf(wan)}` })
}

function listAddresses({
  ipv4 = '',
  ipv6 = '',
}: {
  readonly ipv4?: string | undefined
  readonly ipv6?: string | undefined
}): string {
  return [ipv4, ipv6].filter((address) => address !== '').join(', ')
}

export function explainProvider(
  provider: TypedObject<'DNSProvider'>,
  records: readonly TypedObject<'DynamicDNSRecord'>[],
  surroundings: Surroundings,
): Explanation {
  const { print } = surroundings
  const ref = refOf(provider)
  const zones = (provider.status.zones ?? []).flatMap(
    ({ name, recordSets = 0, owned = 0, orphans, heldPlan }): Line[] => [
      judged(heldPlan === undefined, `${name}: ${recordSets} record sets, ${owned} of them ours`),
      ...(heldPlan?.examples ?? []).map((example) => plain(`held: ${example}`)),
      ...(orphans === undefined ? [] : [plain(`${orphans.count} orphans: see ${print('orphans')}`)]),
    ],
  )
  const waiting = waitingForProvider(provider, records)
  const unready = records.filter((record) => conditionOf(record, 'Ready')?.status !== 'True')
  const own = records.filter(({ status }) => status.zones?.some((zone) => zone.provider === ref))
  const used = plain(
    `${own.length} records, ${own.filter((record) => unready.includes(record)).length} of them not ready`,
  )
  const links = [
    { label: 'Access', lines: conditionLines(provider, ['CredentialsValid', 'ZonesFound']) },
    { label: 'Zones', lines: zones },
    { label: 'Records', lines: [used] },
  ]
  const steps = [
    ...waiting.map(({ hash, title }) => `to let ${title} go: ${print(`approve provider/${ref} ${hash}`)}`),
    ...listOrphans(provider).map(
      ({ hash, zone }) => `to remove the orphans of ${zone}: ${print(`prune ${ref} ${hash}`)}`,
    ),
  ]
  return compose(provider, { ...surroundings, links, name: `provider/${ref}`, steps })
}

interface Parts extends Surroundings {
  readonly links: readonly Link[]
  /** As the commands take it. */
  readonly name: string
  readonly steps?: readonly string[]
}

function compose(object: Described, { report, print, links, name, steps = [] }: Parts): Explanation {
  const ready = readReady(object)
  const common = commonSteps(object, name, { report, print })
  const last = ready.isReady ? 'nothing: all is as wanted' : ready.summary
  return {
    title: `${object.kind} ${refOf(object)}`,
    ...ready,
    links: [writtenLink(object, report), objectLink(object), ...links].filter(({ lines }) => lines.length > 0),
    next: common.length > 0 ? common : steps.length > 0 ? steps : [last],
  }
}
