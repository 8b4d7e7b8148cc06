import { describe, expect, it } from 'vitest'
import { checkTogether } from './cross-object.ts'
import type { StoaObject } from './kinds.ts'
import { parseObject } from './parse-object.ts'
import { formatPath } from './problem.ts'

function build(kind: string, key: string, spec: unknown): StoaObject {
  const [namespace, name] = key.split('/')
  const result = parseObject({ apiVersion: 'dns.stoa.dev/v1alpha1', kind, metadata: { name, namespace }, spec })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems))
  return result.object
}

function record(key: string, hostnames: readonly string[], spec: object = {}): StoaObject {
  return build('DynamicDNSRecord', key, { hostnames, targets: [{ addresses: ['192.0.2.1'] }], ...spec })
}

function provider(key: string, zones: readonly string[], spec: object = {}): StoaObject {
  const type = zones.length === 0 ? 'Route53' : 'Builtin'
  return build('DNSProvider', key, {
    type,
    ...(zones.length > 0 && { zones }),
    allowedRecords: [{ namespaces: { from: 'All' } }],
    ...spec,
  })
}

const ofCom = provider('dns/main', ['example.com'])
const pool = (key: string, spec: object = {}): StoaObject => build('NodePool', key, { selector: {}, ...spec })
const wan = (key: string, spec: object = {}): StoaObject =>
  build('WANAddress', key, { interface: {}, quorum: 1, ...spec })

function findings(...objects: readonly StoaObject[]): string[] {
  return checkTogether(objects).map(
    ({ object, severity, path, message }) =>
      `${severity} ${object.metadata.namespace}/${object.metadata.name} ${formatPath(path)}: ${message}`,
  )
}

describe('an object', () => {
  it('that is given twice is found, naming it', () => {
    expect(findings(ofCom, provider('dns/main', ['example.org']))).toEqual([
      'error dns/main metadata.name: DNSProvider dns/main is given twice, and the last one applied would win; remove one',
    ])
  })

  it('that is given twice is not also in conflict with itself', () => {
    const a = (): StoaObject => record('web/a', ['a.example.com'])
    expect(findings(ofCom, a(), a())).toEqual([expect.stringContaining('web/a is given twice')])
    const again = provider('dns/main', ['example.com'])
    expect(findings(ofCom, again, a())).toEqual([expect.stringContaining('dns/main is given twice')])
  })

  it('of another kind or namespace with the same name is another one', () => {
    expect(findings(pool('a/one'), pool('b/one'), wan('a/one'))).toEqual([])
  })
})

describe('a zone that two providers claim', () => {
  const [a, b] = [provider('dns/a', ['example.com']), provider('dns/main', ['example.org', 'example.com'])]
  const shop = record('web/shop', ['shop.example.com'])
  const tie = [
    'error web/shop spec.hostnames[0]: shop.example.com could go to DNSProvider dns/a or dns/main, which claim the same zone; name one of them in spec.providerRef',
  ]

  it('leaves a name open that both allow, which is refused naming both', () => {
    expect(findings(a, b, shop)).toEqual(tie)
    expect(findings(b, a, shop)).toEqual(tie)
  })

  it('is no mistake where names say which one is meant', () => {
    const pinned = record('web/shop', ['shop.example.com'], { providerRef: { name: 'a', namespace: 'dns' } })
    expect(findings(a, b, pinned)).toEqual([])
  })

  it('is no mistake where only one of them allows the name', () => {
    const own = (key: string): StoaObject => provider(key, ['example.com'], { allowedRecords: [{}] })
    const records = [record('one/r', ['a.example.com']), record('two/r', ['b.example.com'])]
    expect(findings(own('one/p'), own('two/p'), ...records)).toEqual([])
  })

  it('does not matter to a name in a longer zone that one provider has', () => {
    expect(findings(a, b, provider('dns/sub', ['shop.example.com']), shop)).toEqual([])
  })

  it('is not judged where labels that are not given decide, or a provider that lists its zones itself may have a longer one', () => {
    const selecting = { allowedRecords: [{ namespaces: { from: 'Selector', matchLabels: { team: 'web' } } }] }
    expect(findings(a, provider('dns/main', ['example.com'], selecting), shop)).toEqual([])
    expect(findings(a, b, provider('dns/aws', []), shop)).toEqual([])
  })

  it('does not hide that two records want one name', () => {
    expect(findings(a, b, shop, record('web/a', ['shop.example.com']))).toContain(
      'error web/shop spec.hostnames[0]: DynamicDNSRecord web/a claims shop.example.com too; remove it from one of the two',
    )
  })
})

it('a zone below a claimed one is another zone', () => {
  expect(findings(ofCom, provider('dns/sub', ['sub.example.com']), record('web/a', ['a.sub.example.com']))).toEqual([])
})

describe('a name', () => {
  const both = (one: object, other: object, ...more: readonly StoaObject[]): string[] =>
    findings(
      ofCom,
      record('web/a', ['shop.example.com'], one),
      record('web/b', ['www.example.com', 'shop.example.com'], other),
      ...more,
    )
  const clash = [
    'error web/b spec.hostnames[1]: DynamicDNSRecord web/a claims shop.example.com too; remove it from one of the two',
  ]
  const v4 = { addressFamilies: ['IPv4'] }
  const v6 = { addressFamilies: ['IPv6'], targets: [{ addresses: ['2001:db8::1'] }] }
  const cname = { targets: [{ hostname: 'cdn.example.net' }] }

  it('in two records is found at the later one by name', () => {
    expect(both({}, {})).toEqual(clash)
  })

  it('in two records of different families is no conflict', () => {
    expect(both(v4, v6)).toEqual([])
    expect(both({ addressFamilies: ['IPv4', 'IPv6'] }, v6)).toEqual(clash)
  })

  it('with a CNAME conflicts with everything', () => {
    expect(both(cname, v6)).toEqual(clash)
    expect(both(v4, cname)).toEqual(clash)
  })

  it('in two records of different providers is split horizon', () => {
    const inside = provider('dns/inside', ['internal.example.com', 'shop.example.com'])
    const pinned = { providerRef: { name: 'main', namespace: 'dns' } }
    expect(both(pinned, {}, inside)).toEqual([])
    expect(both(pinned, pinned, inside)).toEqual(clash)
  })

  it('in two records of a pinned provider that is not given is found nevertheless', () => {
    const pinned = { providerRef: { name: 'main', namespace: 'dns' } }
    const found = findings(record('web/a', ['a.example.com'], pinned), record('web/b', ['a.example.com'], pinned))
    expect(found.filter((text) => text.startsWith('error'))).toEqual([
      'error web/b spec.hostnames[0]: DynamicDNSRecord web/a claims a.example.com too; remove it from one of the two',
    ])
  })

  it('that a region placeholder gives is compared as the name it gives', () => {
    const perRegion = record('web/a', ['{region}.example.com'], {
      targets: [
        { region: 'eu', wan: { name: 'eu' } },
        { region: 'us', addresses: ['192.0.2.2'] },
      ],
    })
    expect(findings(ofCom, wan('web/eu'), perRegion, record('web/b', ['eu.example.com']))).toEqual([
      'error web/b spec.hostnames[0]: DynamicDNSRecord web/a claims eu.example.com too; remove it from one of the two',
    ])
  })

  it('that a member placeholder gives is only known to be the same with the same pool', () => {
    const perMember = (key: string, name: string): StoaObject =>
      record(key, ['{member}.example.com'], { targets: [{ nodePool: { name } }] })
    expect(
      findings(ofCom, pool('web/one'), pool('web/two'), perMember('web/a', 'one'), perMember('web/b', 'two')),
    ).toEqual([])
    expect(findings(ofCom, pool('web/one'), perMember('web/a', 'one'), perMember('web/b', 'one'))).toHaveLength(1)
  })

  it('of one entry with several names is said once, however many of them another record has', () => {
    const targets = [
      { region: 'eu', addresses: ['192.0.2.1'] },
      { name: 'b', region: 'us', addresses: ['192.0.2.2'] },
    ]
    const perRegion = (key: string): StoaObject => record(key, ['{region}.example.com'], { targets })
    expect(findings(ofCom, perRegion('web/a'), perRegion('web/b'))).toHaveLength(1)
  })

  it('in three records is said to each of the later ones, once', () => {
    const found = findings(ofCom, ...['c', 'b', 'a'].map((name) => record(`web/${name}`, ['x.example.com'])))
    expect(found).toEqual([
      expect.stringMatching(/^error web\/b .* DynamicDNSRecord web\/a claims/),
      expect.stringMatching(/^error web\/c .* DynamicDNSRecord web\/a claims/),
    ])
  })
})

describe('the zone of a name', () => {
  it.each([
    ['at the apex', 'example.com.internal', 'example.com.internal'],
    ['below', '*.a.b.example.com', 'example.com'],
    ['with placeholders', 'n-{region}.example.com', 'example.com'],
  ])('is found %s', (_where, hostname, zone) => {
    const targets = [{ region: 'eu', addresses: ['192.0.2.1'] }]
    expect(findings(provider('dns/main', [zone]), record('web/a', [hostname], { targets }))).toEqual([])
  })

  it('that no given provider has is an error', () => {
    expect(findings(ofCom, record('web/a', ['a.example.com', 'badexample.com']))).toEqual([
      'error web/a spec.hostnames[1]: badexample.com is outside the zones of every given DNSProvider; correct the name or add its zone to one',
    ])
  })

  it('that the pinned provider does not have is an error', () => {
    const pinned = { providerRef: { name: 'main', namespace: 'dns' } }
    expect(findings(ofCom, provider('dns/org', ['example.org']), record('web/a', ['a.example.org'], pinned))).toEqual([
      'error web/a spec.hostnames[0]: a.example.org is outside the zones of DNSProvider dns/main; correct the name or add its zone there',
    ])
  })

  it('cannot be judged where a provider lists its zones itself', () => {
    expect(findings(provider('dns/aws', []), record('web/a', ['a.example.net']))).toEqual([])
    expect(
      findings(provider('web/aws', []), record('web/a', ['a.example.net'], { providerRef: { name: 'aws' } })),
    ).toEqual([])
  })

  it('is only warned of where no provider is given at all', () => {
    expect(findings(record('web/a', ['a.example.com']))).toEqual([
      'warning web/a spec.hostnames[0]: no DNSProvider is given for a.example.com; check it together with the manifests of its provider',
    ])
  })
})

describe('a reference', () => {
  it('to what is not given is warned of, a provider once for all names', () => {
    const targets = [{ nodePool: { name: 'edge', namespace: 'infra' } }, { wan: { name: 'home' } }]
    const providerRef = { name: 'main' }
    expect(findings(record('web/a', ['a.example.com', 'b.example.com'], { targets, providerRef }))).toEqual([
      'warning web/a spec.targets[0].nodePool.name: NodePool infra/edge is not among the given objects; correct the reference or check both together',
      'warning web/a spec.targets[1].wan.name: WANAddress web/home is not among the given objects; correct the reference or check both together',
      'warning web/a spec.providerRef.name: DNSProvider web/main is not among the given objects; correct the reference or check both together',
    ])
  })

  it('into a namespace that does not allow it is an error', () => {
    const targets = [{ nodePool: { name: 'edge', namespace: 'infra' } }, { wan: { name: 'home', namespace: 'infra' } }]
    expect(
      findings(ofCom, pool('infra/edge'), wan('infra/home'), record('web/a', ['a.example.com'], { targets })),
    ).toEqual([
      'error web/a spec.targets[0].nodePool.name: NodePool infra/edge does not let the namespace web refer to it; allow it in spec.allowedNamespaces there',
    ])
  })
})

describe('tenancy', () => {
  const selecting = { allowedRecords: [{ namespaces: { from: 'Selector', matchLabels: { team: 'web' } } }] }

  it('refuses a name that the provider does not let the namespace have', () => {
    const limited = provider('dns/main', ['example.com'], { allowedRecords: [{ hostnames: ['*.shop.example.com'] }] })
    expect(
      findings(
        limited,
        record('dns/a', ['a.shop.example.com', 'www.example.com']),
        record('web/b', ['b.shop.example.com']),
      ),
    ).toEqual([
      'error dns/a spec.hostnames[1]: DNSProvider dns/main does not let the namespace dns have www.example.com; allow both in spec.allowedRecords there',
      'error web/b spec.hostnames[0]: DNSProvider dns/main does not let the namespace web have b.shop.example.com; allow both in spec.allowedRecords there',
    ])
  })

  it('passes over a longer zone of a provider that does not allow the name', () => {
    const squatter = provider('mallory/grab', ['shop.example.com'], { allowedRecords: [{}] })
    expect(findings(ofCom, squatter, record('web/a', ['a.shop.example.com']))).toEqual([])
    expect(findings(squatter, record('web/a', ['a.shop.example.com']))).toHaveLength(1)
  })

  it('is not judged where a provider that lists its zones itself might have the name', () => {
    const closed = provider('dns/main', ['example.com'], { allowedRecords: [] })
    expect(findings(closed, provider('dns/aws', []), record('web/a', ['a.example.com']))).toEqual([])
  })

  it('is not judged where it depends on labels that are not given', () => {
    expect(findings(provider('dns/main', ['example.com'], selecting), record('web/a', ['a.example.com']))).toEqual([])
  })

  it('is judged by the labels of a namespace that is given', () => {
    const objects = [provider('dns/main', ['example.com'], selecting), record('web/a', ['a.example.com'])]
    expect(checkTogether(objects, [{ name: 'web', labels: { team: 'web' } }])).toEqual([])
    expect(checkTogether(objects, [{ name: 'web', labels: { team: 'api' } }])).toHaveLength(1)
  })
})

it('finds nothing among 10,000 records where nothing is wrong', () => {
  const records = Array.from({ length: 10_000 }, (_, index) => record(`web/r-${index}`, [`r-${index}.example.com`]))
  expect(findings(ofCom, ...records)).toEqual([])
})
