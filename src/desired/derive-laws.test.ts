// The laws of docs/design.md that a derivation could break.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  carryOut,
  derive,
  intentTexts,
  known,
  members,
  unknown,
  type Situation,
} from '../../test/support/record-builders.ts'
import type { RoutingSpec, Target, TargetStatus } from '../api/generated/dynamic-dns-record.ts'
import { lastContributionFromStatus } from './contribution-status.ts'
import type { Contribution, MembersContent, TargetContent } from './contribution.ts'

const TARGETS: readonly Target[] = [
  { name: 'edge', nodePool: { name: 'edge' }, region: 'us', priority: 1, weight: 1 },
  { name: 'core', nodePool: { name: 'core' }, region: 'eu', priority: 2, weight: 2 },
  { name: 'home', wan: { name: 'home' }, region: 'eu', priority: 1, weight: 3 },
]
const ENTRIES = [
  'shop.example.com',
  '*.shop.example.com',
  '{member}.example.com',
  '{region}.example.com',
  'n-{member}.{region}.example.com',
]

const anyStanding = fc.constantFrom('active', 'active', 'active', 'unhealthy', 'notReady', 'draining')

/** Members of one target, with addresses that no other target has. */
function anyMembers(
  target: number,
  standing = anyStanding,
  { minLength = 0, dual = fc.boolean() } = {},
): fc.Arbitrary<readonly string[]> {
  const anyMember = fc.record({
    n: fc.nat({ max: 5 }),
    dual,
    standing,
    region: fc.constantFrom('us', 'eu'),
  })
  return fc.uniqueArray(anyMember, { selector: ({ n }) => n, minLength, maxLength: 4 }).map((some) =>
    some.map(({ n, dual: isDual, standing: state, region }) => {
      const v6 = isDual ? `+2001:db8:${target}::${n}` : ''
      return `n${target}${n} 192.0.${target}.${n}${v6} ${state} ${region}`
    }),
  )
}

/** What is no pool is in the region of its target. */
function contentOf(target: number, texts: readonly string[]): MembersContent {
  const { wan, region } = TARGETS[target] ?? {}
  const content = members(...texts)
  if (wan === undefined) return content
  return { ...content, source: 'wan', members: content.members.map((one) => ({ ...one, region })) }
}

const nameOf = (target: number): string => TARGETS[target]?.name ?? ''

const anySpec = fc.record({
  hostnames: fc.subarray([...ENTRIES], { minLength: 1 }),
  addressFamilies: fc.constantFrom<readonly ('IPv4' | 'IPv6')[]>(['IPv4'], ['IPv6'], ['IPv4', 'IPv6']),
  minAddresses: fc.constantFrom(0, 1, 2, 3),
  maxAddresses: fc.constantFrom(2, 100),
  routing: fc
    .constantFrom<RoutingSpec['policy'][]>('Simple', 'Failover', 'Weighted')
    .map((policy) => ({ policy, failbackSeconds: 60 })),
  targets: fc.constant(TARGETS),
})

const anyWorld = fc.record({ spec: anySpec, texts: fc.tuple(anyMembers(0), anyMembers(1), anyMembers(2)) })

interface State {
  readonly published: readonly string[]
  /** As status keeps them. */
  readonly targets: readonly TargetStatus[] | undefined
  readonly failover: NonNullable<Situation['memory']>['failover']
}

const NOTHING: State = { published: [], targets: undefined, failover: undefined }

/** One derivation, carried out. */
function step(spec: Situation['spec'], contributions: readonly Contribution[], state: State, forgotten = false): State {
  const targets = forgotten ? undefined : state.targets
  const memory = { failover: state.failover, targets: targets && new Set(targets.map(({ name }) => name)) }
  const derivation = derive({ ...(spec && { spec }), contributions, published: state.published, memory })
  const { intents, failover } = derivation
  return { published: carryOut(state.published, intents), targets: derivation.targets, failover }
}

/** Values by key, one text each. */
function listValues({ published }: State): readonly string[] {
  return published.flatMap((text) => {
    const [key = '', values = ''] = text.split(' = ')
    return values.split(', ').map((value) => `${key} ${value}`)
  })
}

/**
 * - unknown: and what it gave last is at hand.
 * - restarted: and what it gave last is read from status, as far as that tells it.
 * - forgotten: and status is gone too.
 */
type Failure = 'fine' | 'unknown' | 'restarted' | 'forgotten'
const anyFailures = fc.array(
  fc.tuple(...TARGETS.map(() => fc.constantFrom<Failure[]>('fine', 'unknown', 'restarted', 'forgotten'))),
  {
    maxLength: 5,
  },
)

function lastFromStatus(target: number, hostnames: readonly string[], { targets }: State): TargetContent | undefined {
  const spec = TARGETS[target]
  const status = targets?.find(({ name }) => name === spec?.name)
  return spec && status && lastContributionFromStatus(status, spec, hostnames)
}

describe('an unknown', () => {
  it('never removes a value, whatever fails and in whatever order, restarts that remember nothing included', () => {
    fc.assert(
      fc.property(anyWorld, anyFailures, ({ spec, texts }, failures) => {
        const contents = texts.map((some, target) => contentOf(target, some))
        const fine = contents.map((content, target) => known(nameOf(target), content))
        let state = step(spec, fine, step(spec, fine, NOTHING))
        const before = listValues(state)
        for (const round of failures) {
          const contributions = contents.map((content, target) => {
            switch (round[target]) {
              case 'unknown':
                return unknown(nameOf(target), content)
              case 'restarted':
                return unknown(nameOf(target), lastFromStatus(target, spec.hostnames, state))
              case 'forgotten':
                return unknown(nameOf(target))
              default:
                return known(nameOf(target), content)
            }
          })
          state = step(spec, contributions, state, round.includes('forgotten'))
          expect(listValues(state)).toEqual(expect.arrayContaining([...before]))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('target never freezes what another changes', () => {
    const fit = fc.constant('active')
    const anyChange = fc.record({
      spec: anySpec.map((spec) => ({ ...spec, routing: { policy: 'Simple', failbackSeconds: 60 } as const })),
      // Of every family, so that no name of the other is all that is left of one.
      last: anyMembers(0, fit, { minLength: 1, dual: fc.constant(true) }),
      before: anyMembers(1),
      after: anyMembers(1),
    })
    fc.assert(
      fc.property(anyChange, ({ spec, last, before, after }) => {
        const edge = contentOf(0, last)
        const from = [known('edge', edge), known('core', contentOf(1, before))]
        const state = step(spec, from, NOTHING)
        const core = known('core', contentOf(1, after))
        const asKnown = step(spec, [known('edge', edge), core], state)
        expect(step(spec, [unknown('edge', edge), core], state).published).toEqual(asKnown.published)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a derivation', () => {
  it('has nothing more to do once it has been carried out', () => {
    fc.assert(
      fc.property(anyWorld, ({ spec, texts }) => {
        const contributions = texts.map((some, target) => known(nameOf(target), contentOf(target, some)))
        const once = step(spec, contributions, NOTHING)
        expect(step(spec, contributions, once).published).toEqual(once.published)
      }),
      { numRuns: 500 },
    )
  })

  it('is the same in whatever order everything comes', () => {
    fc.assert(
      fc.property(anyWorld, fc.integer(), ({ spec, texts }, seed) => {
        const contributions = texts.map((some, target) => known(nameOf(target), contentOf(target, some)))
        const { published } = step(spec, contributions, NOTHING)
        const turned = <Item>(items: readonly Item[]): readonly Item[] => (seed % 2 === 0 ? items.toReversed() : items)
        const plain = derive({ spec, contributions, published })
        const other = derive({
          spec: { ...spec, hostnames: spec.hostnames.toReversed(), targets: turned(spec.targets) },
          contributions: turned(texts)
            .map((some) => {
              const target = texts.indexOf(some)
              return known(nameOf(target), contentOf(target, some.toReversed()))
            })
            .toReversed(),
          published: published.toReversed(),
        })
        expect(intentTexts(other.intents)).toEqual(intentTexts(plain.intents))
        expect(other.refusals).toEqual(plain.refusals)
        expect(other.zones).toEqual(plain.zones)
      }),
      { numRuns: 500 },
    )
  })

  it('speaks of every key that the record holds', () => {
    fc.assert(
      fc.property(anyWorld, anySpec, ({ spec, texts }, next) => {
        const contributions = texts.map((some, target) => known(nameOf(target), contentOf(target, some)))
        const { published } = step(spec, contributions, NOTHING)
        const spoken = intentTexts(derive({ spec: next, contributions, published }).intents)
        expect(spoken.length).toBeGreaterThanOrEqual(published.length)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the floor', () => {
  const shop = { hostnames: ['shop.example.com'], targets: TARGETS.slice(0, 1) }

  it('publishes never fewer than it asks for, as far as there is anything to publish', () => {
    const anyRound = fc.record({
      before: anyMembers(0),
      after: anyMembers(0),
      minAddresses: fc.integer({ min: 0, max: 4 }),
    })
    fc.assert(
      fc.property(anyRound, ({ before, after, minAddresses }) => {
        const spec = { ...shop, minAddresses }
        const state = step(spec, [known('edge', contentOf(0, before))], NOTHING)
        const content = contentOf(0, after)
        const next = listValues(step(spec, [known('edge', content)], state))
        const usable = content.members.filter(({ standing, addresses: [first] }) => {
          return standing === 'active' || listValues(state).includes(`A shop.example.com ${first}`)
        })
        expect(next.length).toBeGreaterThanOrEqual(Math.min(minAddresses, usable.length))
        if (minAddresses > 0 && state.published.length > 0) expect(next.length).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })

  it('lets the names of departed members go while it holds for the entry, and keeps them when nobody is left', () => {
    const spec = { ...shop, hostnames: ['{member}.example.com'] }
    fc.assert(
      fc.property(anyMembers(0, fc.constant('active'), { minLength: 1 }), fc.nat(), (texts, seed) => {
        const state = step(spec, [known('edge', contentOf(0, texts))], NOTHING)
        const left = texts.slice(0, seed % (texts.length + 1))
        const next = step(spec, [known('edge', contentOf(0, left))], state)
        const expected = left.length > 0 ? step(spec, [known('edge', contentOf(0, left))], NOTHING) : state
        expect(next.published).toEqual(expected.published)
      }),
    )
  })
})
