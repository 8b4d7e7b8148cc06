import { describe, expect, it } from 'vitest'
import {
  applyAll,
  CONTRACT_OWNER,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { ResourceWriterFake } from '../../../test/fakes/resource-writer-fake.ts'
import { parseIpAddress } from '../../model/address.ts'
import type { Fqdn } from '../../model/name.ts'
import type { Change } from '../../plan/plan.ts'
import { OPEN_GATE, type CallGate } from '../call-gate.ts'
import type { Endpoint } from '../external-dns/endpoint.ts'
import type { Provider, ZoneSession } from '../provider.ts'
import { createDnsEndpointProvider, type DnsEndpointOptions } from './dnsendpoint-provider.ts'
import { objectNameOf } from './endpoint-objects.ts'
import type { DnsEndpointObject } from './resource-writer.ts'

const zone = 'example.com' as Fqdn
const namespace = 'external-dns'
const signal = new AbortController().signal

function openProvider(writer: ResourceWriterFake, more: Partial<DnsEndpointOptions> = {}): Provider {
  return createDnsEndpointProvider({ writer, namespace, zones: [zone], gate: OPEN_GATE, timeoutMs: 1_500, ...more })
}

const endpoint = (dnsName: string, recordType: string, targets: readonly string[]): Endpoint => ({
  ...{ dnsName, recordType, targets },
})

const foreignObject = (name: string, ...endpoints: readonly Endpoint[]): DnsEndpointObject => ({
  metadata: { name, namespace },
  spec: { endpoints },
})

const endpointsOf = (writer: ResourceWriterFake): readonly Endpoint[] =>
  writer.objects.flatMap(({ spec }) => spec?.endpoints ?? [])

describeProviderContract({
  name: 'DNSEndpoint',
  skips: {
    'foreign beside': 'an annotation speaks for a whole set; the planner refuses to share one',
    secret: 'it writes with the rights of the pod, which the client of the Kubernetes API keeps and renews',
  },
  // An object holds one name.
  maxCalls: { created: { one: 1, fiveHundred: 500 }, replaced: { one: 1, fiveHundred: 500 } },
  badValue: 'not-an-address',
  start() {
    const writer = new ResourceWriterFake()
    // The resource has no validation of its own; a cluster may have a policy.
    writer.admits = ({ spec }) =>
      (spec?.endpoints ?? []).every(
        ({ recordType, targets = [] }) =>
          recordType !== 'A' || targets.every((target) => parseIpAddress(target) !== undefined),
      )
    const stranger = new ResourceWriterFake()
    stranger.forbidden = true
    return Promise.resolve({
      zone,
      open: () => openProvider(writer).openZone(zone, signal),
      openUnauthorised: () => openProvider(stranger).openZone(zone, signal),
      openMissing: () => openProvider(writer).openZone('example.org' as Fqdn, signal),
      seed(...sets) {
        for (const [at, { name, type, values }] of sets.entries())
          writer.put(foreignObject(`hand-${at}`, endpoint(name, type, values)))
        return Promise.resolve()
      },
      remove(name, type) {
        const object = writer.objects.find(({ metadata }) => metadata.name === objectNameOf(name as Fqdn))
        const endpoints = object?.spec?.endpoints?.filter(({ recordType }) => recordType !== type) ?? []
        if (object !== undefined) writer.put({ ...object, spec: { endpoints } })
        return Promise.resolve()
      },
      peek: (name, type) =>
        Promise.resolve(
          endpointsOf(writer)
            .filter(({ dnsName, recordType }) => dnsName === name && recordType === type)
            .flatMap(({ targets = [] }) => targets),
        ),
      calls: () => ({ reads: writer.reads, writes: writer.writes }),
      onCall: (hook) => void (writer.onCall = (): Promise<void> => hook(false)),
      fail: (fault, times) => writer.fail(fault, times),
      throttled: { kind: 'answer', answer: { status: 429 } },
      secret: undefined,
      rotation: undefined,
      stop: () => Promise.resolve(),
    })
  },
})

describe('DNSEndpoint', () => {
  const writer = (...objects: readonly DnsEndpointObject[]): ResourceWriterFake => {
    const fake = new ResourceWriterFake()
    for (const object of objects) fake.put(object)
    return fake
  }
  const openSession = async (
    fake: ResourceWriterFake,
    more: Partial<DnsEndpointOptions> = {},
  ): Promise<ZoneSession> => {
    const session = await openProvider(fake, more).openZone(zone, signal)
    await listAll(session)
    return session
  }
  const www = ownedSet('www.example.com', 'A', ['192.0.2.1'])
  const wwwSix = ownedSet('www.example.com', 'AAAA', ['2001:db8::1'])
  const text = 'www.example.com A'

  it('keeps all of a name in one object, with a mark for each type, and writes it with one call', async () => {
    const fake = writer()
    const session = await openSession(fake)
    await applyAll(session, [create(www), create(wwwSix)])
    expect(fake.writes).toBe(1)
    expect(fake.objects).toMatchObject([
      {
        metadata: {
          name: objectNameOf(www.key.name),
          namespace,
          labels: { 'app.kubernetes.io/managed-by': 'stoa' },
          annotations: {
            'dns.stoa.dev/owner-a': expect.stringContaining('owner=contract-owner') as string,
            'dns.stoa.dev/owner-aaaa': expect.stringContaining('for dynamicdnsrecord/web/shop') as string,
          },
        },
        spec: {
          endpoints: [
            { dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.1'], recordTTL: 300 },
            { dnsName: 'www.example.com', recordType: 'AAAA', targets: ['2001:db8::1'], recordTTL: 300 },
          ],
        },
      },
    ])
  })

  it('takes a type and its mark out of an object, and the object with the last of them', async () => {
    const fake = writer()
    const session = await openSession(fake)
    await applyAll(session, [create(www), create(wwwSix)])
    await applyAll(session, [remove(www)])
    expect(Object.keys(fake.objects[0]?.metadata.annotations ?? {})).toEqual(['dns.stoa.dev/owner-aaaa'])
    await applyAll(session, [remove(wwwSix)])
    expect(fake.objects).toEqual([])
  })

  it('keeps what others put into an object of its own', async () => {
    const fake = writer()
    const session = await openSession(fake)
    await applyAll(session, [create(www)])
    const [object] = fake.objects
    if (object === undefined) throw new Error('nothing was written')
    const mail = endpoint('www.example.com', 'MX', ['10 mx.example.net'])
    const annotations = { ...object.metadata.annotations, note: 'ask Jo first' }
    fake.put({
      metadata: { ...object.metadata, annotations },
      spec: { endpoints: [...(object.spec?.endpoints ?? []), mail] },
    })
    const stored = (await listAll(session)).get(text) ?? www
    await applyAll(session, [update(stored, ownedSet('www.example.com', 'A', ['192.0.2.2']))])
    expect(endpointsOf(fake).map(({ recordType }) => recordType)).toEqual(['MX', 'A'])
    await applyAll(session, [remove(stored)])
    expect(endpointsOf(fake)).toEqual([mail])
    expect(fake.objects[0]?.metadata.annotations).toEqual({ note: 'ask Jo first' })
  })

  it('never writes an object that it did not make, not even to adopt', async () => {
    const fake = writer(foreignObject('by-hand', endpoint('www.example.com', 'A', ['192.0.2.1'])))
    const session = await openSession(fake)
    const foreign = (await listAll(session)).get(text)
    expect(foreign?.values).toEqual([{ value: '192.0.2.1', owner: undefined }])
    const [outcome] = await applyAll(session, [update(foreign ?? www, www)])
    expect(outcome).toMatchObject({
      kind: 'failed',
      scope: 'Change',
      error: {
        kind: 'terminal',
        reason: 'NotOwned',
        message:
          'A www.example.com is held by the DNSEndpoint external-dns/by-hand, which Stoa did not make; ' +
          'take it out there, and Stoa writes it',
      },
    })
    expect(fake.writes).toBe(0)
  })

  it('does not write over an object of somebody else that has the name of its own', async () => {
    const fake = writer(foreignObject(objectNameOf(www.key.name), endpoint('www.example.com', 'AAAA', ['2001:db8::1'])))
    const [outcome] = await applyAll(await openSession(fake), [create(www)])
    expect(outcome).toMatchObject({ kind: 'failed', error: { reason: 'NotOwned' } })
    expect(fake.writes).toBe(0)
  })

  it('does not take a copy of its object for its own', async () => {
    const fake = writer()
    await applyAll(await openSession(fake), [create(www)])
    const [object] = fake.objects
    if (object === undefined) throw new Error('nothing was written')
    fake.put({ ...object, metadata: { ...object.metadata, name: 'copy' } })
    fake.removeByHand(namespace, object.metadata.name)
    expect((await listAll(await openSession(fake))).get(text)?.values[0]?.owner).toBeUndefined()
  })

  it('goes on with its own set when somebody writes the same beside it', async () => {
    const fake = writer()
    const session = await openSession(fake)
    await applyAll(session, [create(www)])
    fake.put(foreignObject('by-hand', endpoint('www.example.com', 'A', ['198.51.100.7'])))
    const stored = (await listAll(session)).get(text)
    expect(stored?.values).toMatchObject([{ value: '192.0.2.1', owner: { id: CONTRACT_OWNER } }])
    expect((await applyAll(session, [remove(stored ?? www)]))[0]?.kind).toBe('applied')
    expect(endpointsOf(fake).map(({ targets }) => targets)).toEqual([['198.51.100.7']])
  })

  it.each<readonly [string, (fake: ResourceWriterFake, object: DnsEndpointObject) => void]>([
    ['changed', (fake, object): void => fake.put({ ...object, spec: { endpoints: [] } })],
    ['deleted', (fake, { metadata }): void => fake.removeByHand(namespace, metadata.name)],
  ])('finds its knowledge outdated when its object was %s, whatever it wanted to do', async (_what, edit) => {
    for (const change of [update(www, ownedSet('www.example.com', 'A', ['192.0.2.2'])), remove(www)] as Change[]) {
      const fake = writer()
      const session = await openSession(fake)
      await applyAll(session, [create(www)])
      for (const object of fake.objects) edit(fake, object)
      expect((await applyAll(session, [change]))[0]?.kind).toBe('outdated')
      expect(await session.reread([www.key.name], signal)).toEqual([])
    }
  })

  it('finds its knowledge outdated when somebody was faster to create', async () => {
    const fake = writer()
    const [first, second] = [await openSession(fake), await openSession(fake)]
    await applyAll(first, [create(www)])
    expect((await applyAll(second, [create(wwwSix)]))[0]?.kind).toBe('outdated')
    await second.reread([www.key.name], signal)
    expect((await applyAll(second, [create(wwwSix)]))[0]?.kind).toBe('applied')
    expect(endpointsOf(fake)).toHaveLength(2)
  })

  it('lets a set go without taking it away', async () => {
    const fake = writer()
    const session = await openSession(fake)
    await applyAll(session, [create(www)])
    const next = { ...www, values: www.values.map(({ value }) => ({ value, owner: undefined })) }
    await applyAll(session, [
      { kind: 'release', key: www.key, resource: { uid: 'u', namespace: 'web', name: 'shop' }, previous: www, next },
    ])
    expect(fake.objects[0]?.metadata.annotations).toEqual({})
    expect((await listAll(await openSession(fake))).get(text)?.values).toEqual([
      { value: '192.0.2.1', owner: undefined },
    ])
  })

  it('leaves what lies in a longer zone of the same provider to that zone', async () => {
    const fake = writer(
      foreignObject(
        'a',
        endpoint('www.example.com', 'A', ['192.0.2.1']),
        endpoint('sub.example.com', 'A', ['192.0.2.1']),
      ),
      foreignObject(
        'b',
        endpoint('www.sub.example.com', 'A', ['192.0.2.1']),
        endpoint('example.org', 'A', ['192.0.2.1']),
      ),
    )
    const names = async (of: string): Promise<readonly string[]> => {
      const zones = [zone, 'sub.example.com' as Fqdn]
      return [...(await listAll(await openProvider(fake, { zones }).openZone(of as Fqdn, signal))).keys()]
    }
    expect(await names('example.com')).toEqual(['www.example.com A'])
    expect(await names('sub.example.com')).toEqual(['sub.example.com A', 'www.sub.example.com A'])
  })

  it('joins endpoints of one name and type, and passes over what is none', async () => {
    const broken = { dnsName: 7 } as unknown as Endpoint
    const fake = writer(
      foreignObject(
        'a',
        endpoint('www.example.com', 'A', ['192.0.2.2']),
        endpoint('www.example.com', 'A', ['192.0.2.1']),
        broken,
      ),
      { metadata: { name: 'empty', namespace } },
    )
    const listed = await listAll(await openSession(fake))
    expect([...listed.values()].map(({ values }) => values.map(({ value }) => value))).toEqual([
      ['192.0.2.1', '192.0.2.2'],
    ])
  })

  it('reads back text that is itself in quotes', async () => {
    const session = await openSession(writer())
    const quoted = ownedSet('txt.example.com', 'TXT', ['"quoted" "twice"'])
    await applyAll(session, [create(quoted)])
    expect((await listAll(session)).get('txt.example.com TXT')?.values[0]?.value).toBe('"quoted" "twice"')
  })

  it('tells the gate how each call ended', async () => {
    const lessons: string[] = []
    const gate: CallGate = { admit: () => Promise.resolve(), settle: ({ kind }) => void lessons.push(kind) }
    const fake = writer()
    const session = await openSession(fake, { gate })
    fake.fail({ kind: 'answer', answer: { status: 429 } })
    fake.fail({ kind: 'answer', answer: { status: 500 } })
    fake.fail({ kind: 'hang' })
    for (let call = 0; call < 3; call += 1) await applyAll(session, [create(www)])
    fake.admits = (): boolean => false
    await applyAll(session, [create(www)])
    expect(lessons).toEqual(['answered', 'throttled', 'failed', 'failed', 'answered'])
  })
})
