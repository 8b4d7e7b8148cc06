// Law 1: unknown is a value. Whatever fails to be observed, and however often, takes nothing away.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEALTHY, unhealthy } from '../../test/support/pool-builders.ts'
import { contribute, health, listActive, member, pool, service, wan } from '../../test/support/target-builders.ts'
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import type { Contribution, TargetContent } from './contribution.ts'
import type { Sources } from './contribute-target.ts'
import { describeTarget, lastContributionFromStatus } from './contribution-status.ts'
import type { TargetContext } from './target-context.ts'

/** One look at the world: what the sources say, and what else is known. */
interface Look {
  readonly sources: Partial<Sources>
  readonly context: Partial<TargetContext>
}

const look = (sources: Partial<Sources>, context: Partial<TargetContext> = {}): Look => ({ sources, context })

const TEAM = { allowedNamespaces: { from: 'Selector', matchLabels: { team: 'web' } } } as const
const members = [member('a', '1.1.1.1'), member('b', '2a00::1')]
const unread = { kind: 'unknown', message: 'not read yet' } as const

interface Story {
  readonly target: Target
  readonly good: Look
  readonly failures: readonly Look[]
}

const stories: Readonly<Record<string, Story>> = {
  'a pool': {
    target: { name: 'target', nodePool: { name: 'edge', namespace: 'infra' } },
    good: look({ pool: () => pool(members) }),
    failures: [
      look({}),
      look({ pool: () => unread }),
      look({ pool: () => pool([], { allowedNamespaces: { from: 'Same' } }) }),
      look({ pool: () => pool([], TEAM) }, { namespaceLabels: undefined }),
      look({ pool: () => pool([], TEAM) }, { namespaceLabels: {} }),
    ],
  },
  'a WAN address': {
    target: { name: 'target', wan: { name: 'home' } },
    good: look({ wan: () => wan({ IPv4: '1.1.1.1', IPv6: '2a00::1' }) }),
    failures: [
      look({}),
      look({ wan: () => unread }),
      look({ wan: () => wan({ IPv4: 'no answer', IPv6: 'no answer' }) }),
      look({ wan: () => wan({ IPv4: '1.1.1.1', IPv6: 'no answer' }) }),
      look({ wan: () => wan({ IPv4: 'no quorum', IPv6: '2a00::1' }) }),
      look({ wan: () => wan({}, TEAM) }, { namespaceLabels: undefined }),
    ],
  },
  'a Service': {
    target: { name: 'target', service: { name: 'front' } },
    good: look({ service: () => service({ ip: '1.1.1.1' }, { ip: '2a00::1' }) }),
    failures: [
      look({}),
      look({ service: () => unread }),
      look({ service: () => service() }),
      look({ service: () => service({ ip: 'tbd' }) }),
      look({ service: () => service({ hostname: 'a b' }) }),
    ],
  },
  'literals that are probed': {
    target: { name: 'target', addresses: ['1.1.1.1', '2.2.2.2', '2a00::1'] },
    good: look({}, { health: health({ '1.1.1.1': HEALTHY, '2.2.2.2': unhealthy(-60), '2a00::1': HEALTHY }) }),
    failures: [look({}, { health: health({}) }), look({}, { health: health({ '1.1.1.1': HEALTHY }) })],
  },
}

const GIVEN = ['1.1.1.1', '2a00::1']

function contributeOnce({ target }: Story, { sources, context }: Look, last: TargetContent | undefined): Contribution {
  return contribute(target, sources, { families: ['IPv4', 'IPv6'], ...context, last }).contribution
}

function contentOf(contribution: Contribution): TargetContent | undefined {
  return contribution.kind === 'known' ? contribution.content : contribution.last
}

describe('what fails to be observed', () => {
  it.each(Object.entries(stories))('takes nothing from %s, restarts in between or not', (_, story) => {
    const steps = fc.array(fc.record({ failure: fc.constantFrom(...story.failures), restart: fc.boolean() }), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(steps, (looks) => {
        let contribution = contributeOnce(story, story.good, undefined)
        expect(listActive(contentOf(contribution))).toEqual(GIVEN)
        for (const { failure, restart } of looks) {
          const last = restart
            ? lastContributionFromStatus(describeTarget(contribution), story.target, ['www.example.com'])
            : contentOf(contribution)
          contribution = contributeOnce(story, failure, last)
          expect(listActive(contentOf(contribution))).toEqual(GIVEN)
        }
      }),
    )
  })

  it.each(Object.entries(stories))('says of %s that it is unknown, unless what is known is still so', (_, story) => {
    for (const failure of story.failures) {
      const contribution = contributeOnce(story, failure, undefined)
      const given = listActive(contentOf(contribution))
      if (contribution.kind === 'known') expect(GIVEN.concat('2.2.2.2')).toEqual(expect.arrayContaining([...given]))
      else expect(given).toEqual([])
    }
  })
})
