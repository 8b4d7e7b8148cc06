// Where a name goes is decided by src/desired and foretold by `stoa validate`: both must say the same of the same manifests.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkTogether } from '../src/api/cross-object.ts'
import type { DNSProvider, DynamicDNSRecord, StoaObject } from '../src/api/kinds.ts'
import { API_VERSION } from '../src/api/kinds.ts'
import { parseObject } from '../src/api/parse-object.ts'
import { chooseZone } from '../src/desired/choose-zone.ts'
import { indexProviders } from '../src/desired/provider-index.ts'
import type { Fqdn } from '../src/model/name.ts'

const NAME = 'a.shop.example.com'
const ZONES = ['example.com', 'shop.example.com', 'example.org']
const REFS = ['dns/a', 'dns/b', 'web/c']

function parse(kind: 'DNSProvider' | 'DynamicDNSRecord', ref: string, spec: object): StoaObject {
  const [namespace, name] = ref.split('/')
  const result = parseObject({ apiVersion: API_VERSION, kind, metadata: { namespace, name }, spec })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems))
  return result.object
}

const permission = fc.record(
  {
    namespaces: fc.constantFrom(
      { from: 'All' },
      { from: 'Same' },
      { from: 'Selector', matchLabels: { team: 'web' } },
      { from: 'Selector', matchLabels: { team: 'api' } },
    ),
    hostnames: fc.constantFrom(['*'], [NAME], ['*.shop.example.com'], ['*.example.org']),
  },
  { requiredKeys: [] },
)

const providers = fc.subarray(REFS, { minLength: 1 }).chain((refs) =>
  fc.tuple(
    ...refs.map((ref) =>
      fc
        .record(
          { zones: fc.subarray(ZONES, { minLength: 1 }), allowedRecords: fc.array(permission, { maxLength: 2 }) },
          { requiredKeys: ['zones'] },
        )
        // Parsed as what it says it is.
        .map((spec) => parse('DNSProvider', ref, { type: 'Builtin', ...spec }) as DNSProvider),
    ),
  ),
)

const situation = fc.record({
  providers,
  labels: fc.constantFrom(undefined, { team: 'web' }, {}),
  providerRef: fc.option(fc.constantFrom(...REFS), { nil: undefined }),
})

type Situation = typeof situation extends fc.Arbitrary<infer Value> ? Value : never

const RULES: Readonly<Record<string, string>> = {
  AmbiguousProvider: 'ambiguous-provider',
  NoProviderForZone: 'outside-zones',
  HostnameNotAllowed: 'not-allowed',
  ProviderNotFound: 'not-given',
}

function decide({ providers, labels, providerRef }: Situation): string {
  const facts = providers.map(({ metadata: { namespace, name }, spec }) => ({
    ref: `${namespace}/${name}`,
    ...{ namespace, type: spec.type, allowedRecords: spec.allowedRecords },
    zones: spec.zones as readonly Fqdn[],
  }))
  const tenant = { namespace: 'web', labels }
  const choice = chooseZone(NAME as Fqdn, { tenant, providerRef, pinned: [], providers: indexProviders(facts) })
  return choice.kind === 'refused' ? (RULES[choice.reason] ?? choice.reason) : 'nothing'
}

function foretell({ providers, labels, providerRef }: Situation): string {
  const [namespace, name] = providerRef?.split('/') ?? []
  const record = parse('DynamicDNSRecord', 'web/r', {
    hostnames: [NAME],
    targets: [{ addresses: ['192.0.2.1'] }],
    ...(providerRef !== undefined && { providerRef: { namespace, name } }),
  }) as DynamicDNSRecord
  const found = checkTogether([...providers, record], labels === undefined ? [] : [{ name: 'web', labels }])
  return found.map(({ rule }) => rule).join() || 'nothing'
}

/** Rare among random ones: two that may have the name, and no reason to prefer one. */
const AMBIGUOUS: Situation = {
  providers: REFS.slice(0, 2).map((ref) => {
    const spec = { type: 'Builtin', zones: ['example.com'], allowedRecords: [{ namespaces: { from: 'All' } }] }
    return parse('DNSProvider', ref, spec) as DNSProvider
  }),
  labels: {},
  providerRef: undefined,
}

it('of a name is foretold as it is decided', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(situation, (given) => {
      const decision = decide(given)
      seen.add(decision)
      expect(foretell(given)).toBe(decision)
    }),
    { numRuns: 1000, examples: [[AMBIGUOUS]] },
  )
  expect(seen).toEqual(new Set(['nothing', ...Object.values(RULES)]))
})
