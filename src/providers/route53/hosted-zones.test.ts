import { describe, expect, it } from 'vitest'
import { listAll } from '../../../test/contracts/provider-contract.ts'
import { Route53Fake, type FakeHostedZone } from '../../../test/fakes/route53-fake.ts'
import { openProvider, SIGNAL } from '../../../test/support/route53-bench.ts'
import type { Fqdn } from '../../model/name.ts'
import type { Route53Options } from './route53-provider.ts'

const name = 'example.com' as Fqdn
const publicZone: FakeHostedZone = { id: 'ZPUBLIC', name, isPrivate: false }
const privateZone: FakeHostedZone = { id: 'ZPRIVATE', name, isPrivate: true }
const second: FakeHostedZone = { id: 'ZSECOND', name, isPrivate: false }
const below: FakeHostedZone = { id: 'ZBELOW', name: 'a.example.com', isPrivate: false }

/** Which hosted zone is then read, or what is said. */
async function choose(zones: readonly FakeHostedZone[], options: Partial<Route53Options>): Promise<string> {
  const fake = await Route53Fake.start(...zones)
  try {
    const session = await openProvider(fake, options).openZone(name, SIGNAL)
    await session.reread([name], SIGNAL)
    return fake.http.calls.at(-1)?.path.split('/')[3] ?? ''
  } catch (error) {
    return error instanceof Error && 'reason' in error ? `${String(error.reason)}: ${error.message}` : String(error)
  } finally {
    await fake.http.stop()
  }
}

describe('the hosted zone of a name', () => {
  it.each<readonly [string, readonly FakeHostedZone[], Partial<Route53Options>, string]>([
    ['the public one by default', [privateZone, publicZone, below], {}, 'ZPUBLIC'],
    ['the private one where asked for', [privateZone, publicZone], { privateZones: true }, 'ZPRIVATE'],
    ['the one named by its id', [publicZone, second], { zoneIDs: { [name]: 'ZSECOND' } }, 'ZSECOND'],
    [
      'the one named as Route 53 writes ids',
      [publicZone, second],
      { zoneIDs: { [name]: '/hostedzone/ZSECOND' } },
      'ZSECOND',
    ],
    ['none of two', [publicZone, second], {}, 'InvalidSpec: Route 53 has several public hosted zones'],
    ['not a zone below it', [below], {}, 'ZoneNotFound: Route 53 has no public hosted zone example.com; create it'],
    [
      'not one of the other kind',
      [privateZone],
      {},
      'ZoneNotFound: Route 53 has no public hosted zone example.com; there is a private one',
    ],
    [
      'not one with an unknown id',
      [publicZone],
      { zoneIDs: { [name]: 'ZOTHER' } },
      'ZoneNotFound: Route 53 has no hosted zone for example.com',
    ],
    [
      'not another zone by mistake',
      [publicZone, below],
      { zoneIDs: { [name]: 'ZBELOW' } },
      'InvalidSpec: spec.route53.zoneIDs',
    ],
  ])('is %s', async (_what, zones, options, expected) => {
    expect(await choose(zones, options)).toContain(expected)
  })
})

describe('a delegation', () => {
  it.each([
    [publicZone, {}, 'sub.example.com'],
    [privateZone, { privateZones: true }, undefined],
  ])('hides what is below it in the zone %o', async (hostedZone, options, expected) => {
    const fake = await Route53Fake.start(hostedZone)
    fake.put(hostedZone.id, { Name: 'sub.example.com', Type: 'NS', TTL: '300' }, ['ns1.sub.example.com.'])
    const session = await openProvider(fake, options).openZone(name, SIGNAL)
    const cutOf = (label: string): unknown =>
      session.cutAbove?.({ name: `${label}.${name}` as Fqdn, type: 'A', setId: '' })?.name
    await listAll(session)
    expect(['www.sub', 'ns1.sub', 'www'].map(cutOf)).toEqual([expected, undefined, undefined])
    fake.removeByHand(hostedZone.id, 'sub.example.com', 'NS')
    await session.reread([`sub.${name}` as Fqdn], SIGNAL)
    expect(cutOf('www.sub')).toBeUndefined()
    await fake.http.stop()
  })
})

describe('the list of zones', () => {
  it('has every page of one kind, each name once', async () => {
    const many = Array.from({ length: 150 }, (_, index): FakeHostedZone => ({
      id: `Z${index}`,
      name: `z${index}.example`,
      isPrivate: false,
    }))
    const fake = await Route53Fake.start(...many, publicZone, second, { ...privateZone, name: 'private.example' })
    expect(await openProvider(fake).listZones(SIGNAL)).toEqual([...many.map((zone) => zone.name), name].sort())
    expect(fake.http.calls).toHaveLength(2)
    expect(await openProvider(fake, { privateZones: true }).listZones(SIGNAL)).toEqual(['private.example'])
    await fake.http.stop()
  })

  it('is what zoneIDs names, without a call', async () => {
    const fake = await Route53Fake.start(publicZone)
    expect(await openProvider(fake, { zoneIDs: { 'b.example': 'ZB', 'a.example': 'ZA' } }).listZones(SIGNAL)).toEqual([
      'a.example',
      'b.example',
    ])
    expect(fake.http.calls).toEqual([])
    await fake.http.stop()
  })
})
