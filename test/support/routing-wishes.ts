// What should be in DNS in the end of a `RoutingWorld`: told anew from what is there, and not with the code that is tested.
import { REGIONS, type RoutingWorld, type TargetName, type WorldMember } from './routing-world.ts'

export interface Outlook {
  /** By name, type and set. */
  readonly sets: ReadonlyMap<string, readonly string[]>
  /** Ends of names of which a floor or a refusal has a say. */
  readonly open: readonly string[]
}

interface Given extends WorldMember {
  readonly target: TargetName
}

export function expectSets(world: RoutingWorld): Outlook {
  const chosen = chooseTargets(world)
  if (chosen === undefined) return { sets: new Map(), open: [''] }
  const outlooks = world.wish.entries.map((entry) => expectEntry(entry, chosen, world))
  return { sets: new Map(outlooks.flatMap(({ sets }) => [...sets])), open: outlooks.flatMap(({ open }) => open) }
}

/** Undefined where no priority is usable. */
function chooseTargets(world: RoutingWorld): readonly TargetName[] | 'other' | undefined {
  const { policy, targets, priorities, minAddresses, follows } = world.wish
  if (policy !== 'Failover') return targets
  for (const priority of [1, 2, 3]) {
    const group = targets.filter((_, index) => priorities[index] === priority)
    const members = group.flatMap((target) => world.membersOf(target))
    const healthy = members.filter(({ isFit }) => isFit).length
    if (healthy >= Math.max(1, Math.min(minAddresses, members.length))) return group
  }
  return follows ? 'other' : undefined
}

function expectEntry(entry: string, chosen: readonly TargetName[] | 'other', world: RoutingWorld): Outlook {
  const ending = entry.replace(/\{\w+\}/, '')
  if (chosen === 'other') {
    if (entry.includes('{member}')) return { sets: new Map(), open: world.wish.minAddresses > 0 ? [ending] : [] }
    const name = entry.replace('{region}', REGIONS.other)
    return { sets: new Map([[`${name} CNAME `, ['other.example.net']]]), open: [] }
  }
  const byName = shareOut(entry, chosen, world)
  const twins = entry.includes('{member}') ? [...byName].filter(([, given]) => countNames(given) > 1) : []
  for (const [name] of twins) byName.delete(name)
  const open = twins.map(([name]) => name)
  const all = [...byName.values()].flat()
  const fit = new Set(all.filter(({ isFit }) => isFit).map(({ address }) => address))
  if (fit.size < minimumOf(all, world)) return { sets: new Map(), open: [...open, ending] }
  return { sets: collectSets(byName, world), open }
}

function shareOut(entry: string, chosen: readonly TargetName[], world: RoutingWorld): Map<string, readonly Given[]> {
  const byName = new Map<string, readonly Given[]>()
  for (const target of chosen) {
    if (entry.includes('{member}') && target !== 'edge' && target !== 'far') continue
    for (const member of world.membersOf(target)) {
      const name = entry.replace('{region}', REGIONS[target]).replace('{member}', member.name.replaceAll('.', '-'))
      byName.set(name, [...(byName.get(name) ?? []), { ...member, target }])
    }
  }
  if (world.wish.policy !== 'Weighted' || isNative(world)) return byName
  return new Map([...byName].map(([name, given]) => [name, withoutIdle(given, world)]))
}

function withoutIdle(given: readonly Given[], { wish: { weights, targets } }: RoutingWorld): readonly Given[] {
  const busy = given.filter(({ target }) => weights[targets.indexOf(target)] !== 0)
  return busy.length === 0 ? given : busy
}

function collectSets(byName: ReadonlyMap<string, readonly Given[]>, world: RoutingWorld): Outlook['sets'] {
  const sets = new Map<string, readonly string[]>()
  for (const [name, given] of byName) {
    for (const { target, address } of given.filter(({ isFit }) => isFit)) {
      const key = `${name} A ${isNative(world) ? target : ''}`
      sets.set(key, [...new Set([...(sets.get(key) ?? []), address])].sort())
    }
  }
  return sets
}

/** A priority that is smaller than the floor is enough when it is whole. */
function minimumOf(all: readonly Given[], { wish: { policy, minAddresses } }: RoutingWorld): number {
  const size = new Set(all.map(({ address }) => address)).size
  return policy === 'Failover' && size > 0 ? Math.min(minAddresses, size) : minAddresses
}

function countNames(given: readonly Given[]): number {
  return new Set(given.map(({ name }) => name)).size
}

function isNative({ wish, bench }: RoutingWorld): boolean {
  return bench.zone.capabilities.routing.some((policy) => policy === wish.policy)
}
