// What a pool's status says about its members in sentences.
import { countOf, listSome } from '../model/text.ts'
import type { JudgedNode } from './judge-node.ts'
import type { Member } from './member.ts'
import type { Brake } from './membership-brakes.ts'

const MOST_NAMES = 5

const BRAKES: Readonly<Record<Brake, string>> = {
  maxUnavailablePercent: 'because drain.maxUnavailablePercent lets no more be out',
  minMembers: 'because there would be fewer than minMembers without',
}

export function describeHeldIn(members: readonly Member[]): readonly string[] {
  return (['maxUnavailablePercent', 'minMembers'] as const).flatMap((brake) => {
    const held = members.filter(({ heldIn }) => heldIn === brake).map(({ name, reason }) => `${name} (${reason})`)
    if (held.length === 0) return []
    return [`${countOf(held.length, 'failing member')} kept in DNS, ${BRAKES[brake]}: ${listSome(held, MOST_NAMES)}`]
  })
}

export function describeShortfall(active: number, minMembers: number): readonly string[] {
  return active < minMembers ? [`${countOf(active, 'active member')}, and minMembers is ${minMembers}`] : []
}

export function describeUnparsable(nodes: readonly JudgedNode[]): readonly string[] {
  const odd = nodes.filter(({ unparsable }) => unparsable.length > 0)
  if (odd.length === 0) return []
  const described = odd.map(({ name, unparsable }) => `${name} (${unparsable.join('; ')})`)
  return [`${countOf(odd.length, 'member')} with something that is no IP address: ${listSome(described, MOST_NAMES)}`]
}
