// Stamps of other machines that lie ahead of our clock, because it is behind or was set back.
import { describe, expect, it } from 'vitest'
import { at, judge, node, notReady, report, states, tainted, unhealthy } from '../../test/support/pool-builders.ts'
import type { MembershipMemory } from './membership-memory.ts'

const HOUR = 3_600
const others = [node(2), node(3), node(4)]

/** The states at each of these seconds, each judged with what was remembered from the one before. */
function follow(scene: Omit<Parameters<typeof judge>[0], 'memory'>, seconds: readonly number[]): readonly string[] {
  let memory: MembershipMemory | undefined
  return seconds.map((second) => {
    const membership = judge({ ...scene, seconds: second, ...(memory !== undefined && { memory }) })
    ;({ memory } = membership)
    return states(membership).split(',')[0] ?? ''
  })
}

describe('a failure with a stamp ahead of our clock', () => {
  it('has its grace from when it was seen first', () => {
    const scene = { nodes: [notReady(1, HOUR), ...others] }
    expect(follow(scene, [0, 29, 30])).toEqual(['node-0001 Active', 'node-0001 Active', 'node-0001 NotReady'])
  })

  it('has no second grace when the date is set back once more', () => {
    const scene = { nodes: [notReady(1, HOUR), ...others] }
    expect(follow(scene, [0, -600, -571, -570]).at(-2)).toBe('node-0001 Active')
    expect(follow(scene, [0, -600, -571, -570]).at(-1)).toBe('node-0001 NotReady')
  })

  it('has its delay from when it was seen first, too, where a probe found it', () => {
    const scene = {
      nodes: [node(1), ...others],
      health: report({ 1: unhealthy(HOUR) }, { removalDelaySeconds: 60 }),
    }
    expect(follow(scene, [0, 59, 60])).toEqual(['node-0001 Active', 'node-0001 Active', 'node-0001 Unhealthy'])
  })

  it('is forgotten with the failure, and nothing else is remembered', () => {
    const { memory } = judge({ nodes: [notReady(1, HOUR), ...others], seconds: 0 })
    expect([...memory.ahead.values()]).toHaveLength(1)
    expect(judge({ nodes: [node(1), ...others], memory }).memory.ahead).toEqual(new Map())
    expect(judge({ nodes: [notReady(1, -5), tainted(2, 'x'), node(3)] }).memory.ahead).toEqual(new Map())
  })
})

describe('a node that was created ahead of our clock', () => {
  it('has its grace and its brakes where it was ready once', () => {
    const young = [1, 2, 3, 4].map((n) => notReady(n, HOUR, { creationTimestamp: at(HOUR - 600) }))
    expect(states(judge({ nodes: young }))).not.toMatch(/NotReady/)
    const failing = report({ 1: unhealthy(0), 2: unhealthy(0), 3: unhealthy(0), 4: unhealthy(0) })
    const fit = [1, 2, 3, 4].map((n) => node(n, { creationTimestamp: at(HOUR) }))
    expect(states(judge({ nodes: fit, health: failing })).match(/maxUnavailablePercent/g)).toHaveLength(2)
  })

  it('has none where it never was', () => {
    const joining = notReady(1, HOUR + 2, { creationTimestamp: at(HOUR) })
    expect(states(judge({ nodes: [joining, ...others] }))).toMatch(/^node-0001 NotReady,/)
  })
})
