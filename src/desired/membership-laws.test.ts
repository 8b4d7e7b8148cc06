// What must be true of every pool, whatever happens to its nodes and probes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { at, HEALTHY, judge, node, NOW, report, unhealthy, type Scene } from '../../test/support/pool-builders.ts'
import type { NodeObject } from '../api/node.ts'
import { isInDns } from './member.ts'
import type { Membership } from './membership.ts'
import { memoryFromStatus, NOTHING_REMEMBERED } from './membership-memory.ts'

const SIZE = 7

type Kind = 'fine' | 'notReady' | 'unreachable' | 'cordoned' | 'draining' | 'noAddress'

/** What happens to one node: a step of a history has one for each. */
interface Turn {
  readonly kind: Kind
  readonly age: number
  readonly seconds: number
  readonly verdict: 'healthy' | 'unhealthy' | 'none'
}

interface Step {
  readonly wait: number
  readonly turns: readonly Turn[]
}

type Rules = Pick<Scene, 'spec' | 'drain'> & { readonly probed: boolean; readonly delay: number }

const kinds: readonly Kind[] = ['fine', 'fine', 'fine', 'notReady', 'unreachable', 'cordoned', 'draining', 'noAddress']
const turn = fc.record<Turn>({
  kind: fc.constantFrom(...kinds),
  age: fc.constantFrom(20, 86_400),
  seconds: fc.integer({ min: 0, max: 120 }),
  verdict: fc.constantFrom('healthy', 'unhealthy', 'none'),
})
const step = fc.record<Step>({
  wait: fc.integer({ min: 0, max: 60 }),
  turns: fc.array(turn, { minLength: SIZE, maxLength: SIZE }),
})
const action = fc.constantFrom('Remove' as const, 'Keep' as const)
const rules = fc.record({
  spec: fc.record({ minMembers: fc.integer({ min: 0, max: SIZE }) }),
  drain: fc.record({
    maxUnavailablePercent: fc.integer({ min: 1, max: 100 }),
    readmitSeconds: fc.integer({ min: 0, max: 60 }),
    cordoned: fc.record({ action }),
    notReady: fc.record({ action, graceSeconds: fc.integer({ min: 0, max: 60 }) }),
  }),
  probed: fc.boolean(),
  delay: fc.integer({ min: 0, max: 30 }),
})

function nodeAfter(number: number, { kind, age, seconds }: Turn, now: number): NodeObject {
  const stamp = at(now - Math.min(seconds, age))
  const status = kind === 'notReady' ? 'False' : kind === 'unreachable' ? 'Unknown' : 'True'
  return node(number, {
    creationTimestamp: at(now - age),
    ready: { status, lastTransitionTime: stamp },
    unschedulable: kind === 'cordoned',
    taints: kind === 'draining' ? [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] : [],
    ...(kind === 'noAddress' && { addresses: [] }),
  })
}

function sceneAfter({ turns }: Step, seconds: number, { spec, drain, probed, delay }: Rules): Scene {
  const verdicts = turns.flatMap(({ verdict, seconds: past }, index) =>
    verdict === 'none' ? [] : [[index, verdict === 'healthy' ? HEALTHY : unhealthy(seconds - past)] as const],
  )
  return {
    nodes: turns.map((given, index) => nodeAfter(index, given, seconds)),
    health: probed ? report(Object.fromEntries(verdicts), { removalDelaySeconds: delay }) : undefined,
    seconds,
    ...(spec !== undefined && { spec }),
    ...(drain !== undefined && { drain }),
  }
}

/** Lives through the steps; hands each scene and its outcome on. */
function live(
  steps: readonly Step[],
  given: Rules,
  visit: (scene: Scene, outcome: Membership) => void = () => {},
): Membership {
  let seconds = 0
  let memory = NOTHING_REMEMBERED
  let outcome = judge({ nodes: [] })
  for (const one of steps) {
    seconds += one.wait
    const scene = { ...sceneAfter(one, seconds, given), memory }
    outcome = judge(scene)
    visit(scene, outcome)
    memory = outcome.memory
  }
  return outcome
}

const inDns = ({ members }: Membership): readonly string[] => members.filter(isInDns).map(({ name }) => name)
const histories = fc.array(step, { minLength: 1, maxLength: 6 })
/** Without nodes that join, which no brake counts. */
const settled = histories.map((steps) =>
  steps.map(({ wait, turns }) => ({ wait, turns: turns.map((one) => ({ ...one, age: 86_400 })) })),
)

describe('whatever happens to a pool', () => {
  it('the order in which its nodes are listed does not matter', () => {
    fc.assert(
      fc.property(histories, rules, fc.func(fc.nat()), (steps, given, rank) => {
        live(steps, given, (scene, outcome) => {
          const nodes = scene.nodes.toSorted((a, b) => rank(a.name) - rank(b.name))
          expect(judge({ ...scene, nodes })).toEqual(outcome)
        })
      }),
    )
  })

  it('whoever drains, or has no address, is out: no brake holds it', () => {
    fc.assert(
      fc.property(histories, rules, (steps, given) => {
        live(steps, given, (scene, outcome) => {
          const gone = scene.nodes.filter(({ taints, addresses }) => taints.length > 0 || addresses.length === 0)
          expect(inDns(outcome).filter((name) => gone.some((one) => one.name === name))).toEqual([])
        })
      }),
    )
  })

  it('readiness and health hold out no more than maxUnavailablePercent of those that could be in', () => {
    fc.assert(
      fc.property(settled, rules, (steps, given) => {
        const share = given.drain.maxUnavailablePercent
        live(steps, { ...given, drain: { ...given.drain, cordoned: { action: 'Keep' } } }, (scene, outcome) => {
          const able = scene.nodes.filter(({ taints, addresses }) => taints.length === 0 && addresses.length > 0).length
          const quota = Math.max(able >= 2 ? 1 : 0, Math.floor((able * share) / 100))
          const out = outcome.inactive.filter(({ state }) => state !== 'Draining' && state !== 'NoAddress')
          expect(out.length).toBeLessThanOrEqual(quota)
        })
      }),
    )
  })

  it('readiness, health and cordon never take it below minMembers', () => {
    fc.assert(
      fc.property(histories, rules, (steps, given) => {
        live(steps, given, (scene, outcome) => {
          const able = scene.nodes.filter(({ taints, addresses }) => taints.length === 0 && addresses.length > 0).length
          expect(inDns(outcome).length).toBeGreaterThanOrEqual(Math.min(given.spec.minMembers, able))
          expect(outcome.belowMinimum).toBe(inDns(outcome).length < given.spec.minMembers)
        })
      }),
    )
  })

  it('probes that fall silent take nobody out, however long', () => {
    fc.assert(
      fc.property(histories, rules, fc.array(fc.nat({ max: 1000 }), { maxLength: 4 }), (steps, given, waits) => {
        const before = live(steps, { ...given, probed: true })
        const calm: Step = {
          wait: 0,
          turns: Array.from({ length: SIZE }, () => ({ kind: 'fine', age: 86_400, seconds: 0, verdict: 'none' })),
        }
        let seconds = steps.reduce((sum, { wait }) => sum + wait, 0)
        let { memory } = before
        for (const wait of waits) {
          seconds += wait
          const silent = judge({ ...sceneAfter(calm, seconds, { ...given, probed: true }), memory })
          expect(inDns(silent)).toEqual(expect.arrayContaining([...inDns(before)]))
          memory = silent.memory
        }
      }),
    )
  })

  it('a restart changes nothing: status remembers enough', () => {
    fc.assert(
      fc.property(histories, step, rules, (steps, next, given) => {
        const { memory, inactive } = live(steps, given)
        const seconds = steps.reduce((sum, { wait }) => sum + wait, next.wait)
        const scene = sceneAfter(next, seconds, given)
        const restored = memoryFromStatus(inactive, NOW + seconds * 1000)
        const { memory: _, ...continued } = judge({ ...scene, memory })
        const { memory: __, ...restarted } = judge({ ...scene, memory: restored })
        expect(restarted).toEqual(continued)
      }),
    )
  })

  it('nothing changes by itself before nextChangeAt', () => {
    fc.assert(
      fc.property(
        settled,
        rules,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (steps, given, part) => {
          live(steps, given, (scene, outcome) => {
            const now = NOW + (scene.seconds ?? 0) * 1000
            const until = (outcome.nextChangeAt ?? now + 3_600_000) - now
            const later = judge({
              ...scene,
              memory: outcome.memory,
              seconds: (scene.seconds ?? 0) + Math.floor(part * until) / 1000,
            })
            expect(inDns(later)).toEqual(inDns(outcome))
          })
        },
      ),
    )
  })

  it('both brakes together settle at once', () => {
    const turnOf = (kind: Kind, seconds: number, verdict: Turn['verdict']): Turn => ({
      kind,
      age: 86_400,
      seconds,
      verdict,
    })
    const calm = turnOf('fine', 0, 'healthy')
    const sick = (seconds: number): Turn => turnOf('fine', seconds, 'unhealthy')
    const silent = turnOf('unreachable', 30, 'healthy')
    const gone = turnOf('draining', 0, 'healthy')
    const steps: readonly Step[] = [
      { wait: 0, turns: [calm, calm, sick(3), calm, calm, calm, calm] },
      { wait: 27, turns: [sick(44), sick(44), sick(3), silent, silent, gone, gone] },
    ]
    const drain = {
      maxUnavailablePercent: 80,
      readmitSeconds: 0,
      notReady: { action: 'Remove', graceSeconds: 0 },
    } as const
    const given: Rules = {
      ...{ spec: { minMembers: 2 }, drain: { ...drain, cordoned: { action: 'Remove' } } },
      ...{ probed: true, delay: 0 },
    } as const
    let last: readonly string[] = []
    live(steps, given, (scene, outcome) => {
      last = inDns(outcome)
      expect(inDns(judge({ ...scene, memory: outcome.memory }))).toEqual(last)
    })
    expect(last).toHaveLength(2)
  })
})
