// What waits for a person at a record or a DNSProvider, as their statuses tell it.
import { formatCount } from '../../model/text.ts'
import { refOf, type TypedObject } from '../remote/typed-object.ts'

/** Something that one approval lets go. */
export interface Waiting {
  readonly hash: string
  /** What it is, without a full stop. */
  readonly title: string
  /** What would be done, one sentence each. */
  readonly lines: readonly string[]
}

export function waitingForRecord(record: TypedObject<'DynamicDNSRecord'>): readonly Waiting[] {
  const { hash, changes = [], changeCount = changes.length } = record.status.plan ?? {}
  if (hash === undefined) return []
  const title = `the plan of DynamicDNSRecord ${refOf(record)}, made for generation ${record.status.observedGeneration}`
  const isNewer = (record.status.observedGeneration ?? 0) < record.metadata.generation
  const more = changeCount > changes.length ? [`and ${formatCount(changeCount - changes.length)} more`] : []
  const warning = isNewer ? ['its spec has been edited since, so this may soon be another plan'] : []
  return [{ hash, title, lines: [...changes, ...more, ...warning] }]
}

export function waitingForProvider(
  provider: TypedObject<'DNSProvider'>,
  records: readonly TypedObject<'DynamicDNSRecord'>[],
): readonly Waiting[] {
  const ref = refOf(provider)
  const held = (provider.status.zones ?? []).flatMap(({ name, heldPlan }) => {
    if (heldPlan === undefined) return []
    const { hash, deletes = 0, examples = [] } = heldPlan
    const title = `what the guard of DNSProvider ${ref} holds in zone ${name}: ${formatCount(deletes)} to be deleted`
    return [{ hash, title, lines: examples }]
  })
  return [...held, ...findMoves(ref, records)]
}

/** A record says of a name that is to move which DNSProvider has to approve it, and by which hash. */
const MOVE = /annotate DNSProvider (\S+) with dns\.stoa\.dev\/approve: ([0-9a-f]{16})/

function findMoves(provider: string, records: readonly TypedObject<'DynamicDNSRecord'>[]): readonly Waiting[] {
  const moves = new Map<string, string[]>()
  for (const { status } of records) {
    const messages = [...(status.conditions ?? []), ...(status.recordSets ?? [])].map(({ message = '' }) => message)
    for (const message of new Set(messages)) {
      const [, wanted, hash] = MOVE.exec(message) ?? []
      if (wanted === provider && hash !== undefined) moves.set(hash, [...(moves.get(hash) ?? []), message])
    }
  }
  return [...moves].map(([hash, lines]) => ({
    hash,
    title: `a move to DNSProvider ${provider}`,
    lines: [...new Set(lines)].map((line) => line.replace(/: to move it, annotate .*$/, '')),
  }))
}
