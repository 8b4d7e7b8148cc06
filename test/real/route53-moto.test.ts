// Route 53's wire format against moto, an emulator by other people. Only where it is faithful: its batches are not atomic, it swaps
// without comparing, and it checks neither credentials nor values, so all of that is for the strict fake.
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fqdn } from '../../src/model/name.ts'
import type { RecordType, Routing } from '../../src/model/record-set.ts'
import { OPEN_GATE, type CallGate } from '../../src/providers/call-gate.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createRoute53Provider, type Route53Options } from '../../src/providers/route53/route53-provider.ts'
import {
  CONTRACT_OWNER,
  applyAll,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  type ProviderBench,
  type Seed,
} from '../contracts/provider-contract.ts'
import { routedSet } from '../support/route53-bench.ts'
import { startMoto, type Moto } from './support/moto.ts'
import { findOnPath } from './support/process.ts'
import { plainOwnership } from '../support/plain-ownership.ts'

const SECRET = 'wJalrXUtnFEMI-moto-only'
const signal = new AbortController().signal
const isMissing = findOnPath('moto_server') === undefined
const why = isMissing ? ' (skipped: moto_server is not on the PATH; pip install "moto[server,route53]")' : ''

describe.skipIf(isMissing)(`moto${why}`, () => {
  let moto: Moto
  let aws: Route53Client
  let zones = 0
  beforeAll(async () => {
    moto = await startMoto()
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
    aws = new Route53Client({ region: 'us-east-1', endpoint: moto.url, credentials })
  })
  afterAll(async () => {
    aws.destroy()
    await moto.stop()
  })

  const open = (more: Partial<Route53Options> = {}): Provider =>
    createRoute53Provider({
      region: 'us-east-1',
      endpoint: moto.url,
      keys: { accessKeyID: () => 'testing', secretAccessKey: () => SECRET },
      ownership: plainOwnership(CONTRACT_OWNER),
      gate: OPEN_GATE,
      timeoutMs: 30_000,
      ...more,
    })

  const createZone = async (name: string): Promise<string> => {
    const { HostedZone } = await aws.send(new CreateHostedZoneCommand({ Name: name, CallerReference: name }))
    return HostedZone?.Id ?? ''
  }

  const openBench = async (): Promise<ProviderBench> => {
    const zone = `z${(zones += 1)}.example.test` as Fqdn
    const id = await createZone(zone)
    let calls = 0
    const gate: CallGate = { admit: () => Promise.resolve(void (calls += 1)), settle: () => undefined }
    const setsAt = async (name: string, type: RecordType): Promise<readonly ResourceRecordSet[]> => {
      const from = { HostedZoneId: id, StartRecordName: `${name}.`, MaxItems: 10 }
      const { ResourceRecordSets = [] } = await aws.send(new ListResourceRecordSetsCommand(from))
      return ResourceRecordSets.filter((set) => set.Name === `${name}.` && set.Type === type)
    }
    const change = async (Action: 'CREATE' | 'DELETE', sets: readonly ResourceRecordSet[]): Promise<void> => {
      const Changes = sets.map((set) => ({ Action, ResourceRecordSet: set }))
      await aws.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes } }))
    }
    return {
      zone,
      open: () => open({ gate }).openZone(zone, signal),
      openUnauthorised: () => open().openZone(zone, signal),
      openMissing: () => open().openZone('example.org' as Fqdn, signal),
      seed: (...sets) => change('CREATE', sets.map(storedSet)),
      remove: async (name, type) => change('DELETE', await setsAt(name, type)),
      peek: async (name, type) => (await setsAt(name, type)).flatMap(valuesOf).sort(),
      calls: () => ({ reads: 0, writes: calls }),
      fail: undefined,
      throttled: undefined,
      secret: SECRET,
      rotation: undefined,
      stop: () => Promise.resolve(),
    }
  }

  describeProviderContract({
    name: 'Route 53 as moto has it',
    skips: {
      strangers: 'the calls that reach a real server are not seen coming; the fake sees them',
      'foreign beside': 'marks speak for a whole set, and the planner refuses to share one',
      'bad change': 'moto checks no values, and its batches are not atomic',
      'concurrent edit': 'moto does not compare before it swaps',
      'large zone': 'moto is slow to be filled, and its pages are of another size',
      'refused token': 'moto checks no signatures',
      faults: 'a server does not fail on demand; the fake does',
      rotation: 'moto checks no signatures',
    },
    maxCalls: { created: { one: 1, fiveHundred: 3 }, replaced: { one: 1, fiveHundred: 1 } },
    badValue: 'not-an-address',
    start: openBench,
  })

  it.each<Routing>([
    { policy: 'Weighted', weight: 7 },
    { policy: 'Latency', region: 'eu-west-1' },
    { policy: 'Geo', location: { kind: 'continent', code: 'EU' } },
    { policy: 'Geo', location: { kind: 'subdivision', code: 'US-CA' } },
    { policy: 'Geo', location: { kind: 'default' } },
  ])('takes and gives back %j', async (routing) => {
    const bench = await openBench()
    const session = await bench.open()
    await listAll(session)
    const set = routedSet(`www.${bench.zone}`, 'A', ['192.0.2.1'], { setId: 'one', routing })
    expect(await applyAll(session, [create(set)])).toMatchObject([{ kind: 'applied' }])
    const [listed] = [...(await listAll(await bench.open())).values()]
    expect(listed).toMatchObject({ key: set.key, routing, values: [{ value: '192.0.2.1', owner: { adopted: false } }] })
  })

  it('takes and gives back an alias', async () => {
    const bench = await openBench()
    const session = await bench.open()
    await listAll(session)
    const target = 'lb-1.eu-west-1.elb.amazonaws.com'
    const set = ownedSet(bench.zone, 'ALIAS', [target], 60)
    expect(await applyAll(session, [create(set)])).toMatchObject([{ kind: 'applied' }])
    expect([...(await listAll(await bench.open())).values()]).toMatchObject([
      { key: set.key, values: [{ value: target }] },
    ])
  })

  it('lets a role be assumed', async () => {
    const zone = 'role.example.test'
    await createZone(zone)
    const provider = open({ roleARN: 'arn:aws:iam::123456789012:role/dns' })
    expect(await provider.listZones(signal)).toContain(zone)
    await provider.close()
  })
})

function storedSet({ name, type, values }: Seed): ResourceRecordSet {
  // ALIAS is a type of ours; the contract seeds none.
  const Type = type as Exclude<RecordType, 'ALIAS'>
  return { Name: `${name}.`, Type, TTL: 300, ResourceRecords: values.map((Value) => ({ Value })) }
}

function valuesOf({ ResourceRecords = [] }: ResourceRecordSet): readonly string[] {
  return ResourceRecords.map(({ Value = '' }) => Value)
}
