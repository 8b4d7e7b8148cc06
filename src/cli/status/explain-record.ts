// The chain of a record: written → object → what each target gives → zone and provider → record sets with what became of them.
import { formatCount, listSome } from '../../model/text.ts'
import type { ControlReport } from '../../serve/control-socket.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import { conditionOf, refOf, type TypedObject } from '../remote/typed-object.ts'
import { waitingForProvider } from '../approve/waiting.ts'
import { commonSteps, describeReady, objectLink, readReady, writtenLink } from './common-links.ts'
import { bad, good, judged, plain, type Explanation, type Line, type Link } from './explanation.ts'

type DynamicDNSRecord = TypedObject<'DynamicDNSRecord'>
type DNSProvider = TypedObject<'DNSProvider'>

/** What a target stands for. */
export type TargetSource = TypedObject<'NodePool'> | TypedObject<'WANAddress'>

export interface RecordSurroundings {
  readonly record: DynamicDNSRecord
  /** By what a target's status calls it: `nodePool/infra/edge`. */
  readonly sources: ReadonlyMap<string, TargetSource | undefined>
  /** By `namespace/name`. */
  readonly providers: ReadonlyMap<string, DNSProvider | undefined>
  /** Without a cluster. */
  readonly report: ControlReport | undefined
  readonly print: PrintCommand
}

const MOST_VALUES = 8
const MOST_SETS = 20

export function explainRecord(surroundings: RecordSurroundings): Explanation {
  const { record, report } = surroundings
  const { mode = 'Apply' } = record.spec
  const links = [
    writtenLink(record, report),
    objectLink(record, mode === 'Apply' ? [] : [plain(`spec.mode is ${mode}: changes wait for an approval`)]),
    targetsLink(surroundings),
    zonesLink(surroundings),
    recordSetsLink(record),
    planLink(record),
  ]
  return {
    title: `DynamicDNSRecord ${refOf(record)}`,
    ...readReady(record),
    links: links.filter(({ lines }) => lines.length > 0),
    next: nextSteps(surroundings),
  }
}

function targetsLink({ record, sources }: RecordSurroundings): Link {
  const lines = (record.status.targets ?? []).flatMap((target) => {
    const { name, known, addresses = [], hostname, healthy, total, source } = target
    const gives = hostname ?? (listSome(addresses, MOST_VALUES) || 'nothing')
    const count = healthy === undefined || total === undefined ? '' : ` (${healthy} of ${total} fit)`
    const message = target.message === undefined ? '' : `: ${target.message}`
    const text = known
      ? `${name} gives ${gives}${count}${message}`
      : `${name} is unknown, so ${gives} is kept${message}`
    const behind = source === undefined || !sources.has(source) ? [] : describeSource(source, sources.get(source))
    return [judged(known, text), ...behind]
  })
  return { label: 'Targets', lines }
}

function describeSource(source: string, object: TargetSource | undefined): readonly Line[] {
  if (object === undefined) return [plain(`${source} is not there, or may not be read by you`)]
  const ready = conditionOf(object, 'Ready')
  if (ready?.status === 'True') return []
  const words = ready === undefined ? 'not looked at yet' : `${describeReady(ready)}: ${ready.message}`
  return [bad(`${object.kind} ${refOf(object)}: ${words}`)]
}

function zonesLink({ record, providers }: RecordSurroundings): Link {
  const lines = (record.status.zones ?? []).map(({ zone, provider }) => {
    const object = providers.get(provider)
    if (object === undefined)
      return plain(`${zone} at DNSProvider ${provider}, which is not there or may not be read by you`)
    const ready = conditionOf(object, 'Ready')
    const type = object.spec.type ?? 'unknown type'
    if (ready?.status === 'True') return good(`${zone} at DNSProvider ${provider} (${type})`)
    const words = ready === undefined ? 'not looked at yet' : `${describeReady(ready)}: ${ready.message}`
    return bad(`${zone} at DNSProvider ${provider} (${type}): ${words}`)
  })
  return { label: 'Zones', lines }
}

function recordSetsLink({ status }: DynamicDNSRecord): Link {
  const { recordSets = [], recordSetCount = recordSets.length } = status
  // What is not as wanted is what one came for.
  const sorted = recordSets.toSorted((a, b) => Number(a.state === 'InSync') - Number(b.state === 'InSync'))
  const lines = sorted.slice(0, MOST_SETS).map(({ name, type, ttl, values, state, message }) => {
    const words = message === undefined ? '' : `: ${message}`
    return judged(state === 'InSync', `${name} ${type} ${ttl}s ${listSome(values, MOST_VALUES)} ${state}${words}`)
  })
  const left = recordSetCount - lines.length
  return { label: 'Record sets', lines: left > 0 ? [...lines, plain(`and ${formatCount(left)} more`)] : lines }
}

function planLink({ status: { plan } }: DynamicDNSRecord): Link {
  if (plan?.hash === undefined) return { label: 'Plan', lines: [] }
  const { hash, firstSeenTime = 'just now', changes = [] } = plan
  return { label: 'Plan', lines: [bad(`${hash} waits since ${firstSeenTime}`), ...changes.map(plain)] }
}

function nextSteps(surroundings: RecordSurroundings): readonly string[] {
  const { record, sources, providers, print } = surroundings
  const name = refOf(record)
  const common = commonSteps(record, name, surroundings)
  if (common.length > 0) return common
  if (readReady(record).isReady) return ['nothing: all is as wanted']
  const steps = [
    ...approvals(surroundings),
    ...unready([...sources.values(), ...providers.values()]).map((ref) => `see ${print(`status ${ref}`)}`),
    ...unfound(surroundings),
    ...refusals(record),
  ]
  const ready = conditionOf(record, 'Ready')
  if (steps.length > 0) return steps
  const tried = (record.status.conditions ?? []).some(({ type }) => type === 'Reconciling')
  return [
    tried ? `wait: it is tried again by itself; ${print(`refresh ${name}`)} asks at once` : (ready?.message ?? ''),
  ]
}

function approvals({ record, providers, print }: RecordSurroundings): readonly string[] {
  const plan = record.status.plan?.hash
  const own = plan === undefined ? [] : [`to let the plan go: ${print(`approve ${refOf(record)} ${plan}`)}`]
  const held = [...providers.values()].flatMap((provider) => {
    if (provider === undefined) return []
    return waitingForProvider(provider, [record]).map(
      ({ hash, title }) => `to let ${title} go: ${print(`approve provider/${refOf(provider)} ${hash}`)}`,
    )
  })
  return [...own, ...held]
}

const WORDS = { NodePool: 'pool', WANAddress: 'wan', DNSProvider: 'provider' } as const

function unready(objects: readonly (TargetSource | DNSProvider | undefined)[]): readonly string[] {
  return objects
    .filter((object) => object !== undefined)
    .filter((object) => conditionOf(object, 'Ready')?.status !== 'True')
    .map((object) => `${WORDS[object.kind]}/${refOf(object)}`)
}

function unfound({ sources, providers }: RecordSurroundings): readonly string[] {
  const missing = [
    ...[...sources].map(([source, object]) => ({ what: source, object })),
    ...[...providers].map(([provider, object]) => ({ what: `DNSProvider ${provider}`, object })),
  ]
  return missing
    .filter(({ object }) => object === undefined)
    .map(({ what }) => `create ${what}, or correct the reference`)
}

/** Each says itself what to do. */
function refusals({ status }: DynamicDNSRecord): readonly string[] {
  const messages = (status.recordSets ?? [])
    .filter(({ state }) => state === 'Refused' || state === 'Held')
    .map(({ message }) => message)
    .filter((message) => message !== undefined)
  return [...new Set(messages)].slice(0, 3)
}
