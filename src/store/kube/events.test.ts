import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SILENT_LOGGER, type Logger } from '../../telemetry/logger.ts'
import type { StoreEvent } from '../store.ts'
import { ApiserverFake, type FakeFault, type FakeObject } from '../../../test/fakes/apiserver-fake.ts'
import { openPlainClient } from '../../../test/support/kube-bench.ts'
import type { ApiClient } from './api-client.ts'
import { EventRecorder } from './events.ts'

const PATH = '/apis/events.k8s.io/v1/namespaces/web/events'
const never = new AbortController().signal

let fake: ApiserverFake
let client: ApiClient
let now: number
let dropped: number
let counted: number
let recorder: EventRecorder

beforeEach(async () => {
  fake = await ApiserverFake.start()
  client = openPlainClient(fake.url)
  now = Date.UTC(2026, 10, 21)
  dropped = 0
  counted = 0
  const logger: Logger = { ...SILENT_LOGGER, info: (_message, fields) => void (dropped += Number(fields?.['count'])) }
  const clock = { now: () => now, monotonicNow: () => now, sleep: () => Promise.resolve() }
  recorder = new EventRecorder({ client, clock, logger, instance: 'stoa-0', onDropped: () => void (counted += 1) })
})
afterEach(async () => {
  await client.close()
  await fake.stop()
})

function emit(message = 'no member is left', about: Partial<StoreEvent['about']['metadata']> = {}): void {
  const metadata = { namespace: 'web', name: 'edge', uid: 'uid-1', ...about }
  recorder.emit({ type: 'Warning', reason: 'BelowMinimum', message, about: { kind: 'NodePool', metadata } }, never)
}

const events = (): readonly FakeObject[] => fake.findAll(PATH)
const settled = (calls: number): Promise<void> => expect.poll(() => fake.calls.length, { interval: 2 }).toBe(calls)
const quiet = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 30))

describe('events', () => {
  it('say what happened to which object', async () => {
    emit()
    await settled(1)
    expect(events()[0]).toMatchObject({
      type: 'Warning',
      reason: 'BelowMinimum',
      action: 'Reconciling',
      note: 'no member is left',
      eventTime: '2026-11-21T00:00:00.000000Z',
      regarding: {
        apiVersion: 'dns.stoa.dev/v1alpha1',
        kind: 'NodePool',
        namespace: 'web',
        name: 'edge',
        uid: 'uid-1',
      },
      reportingController: 'dns.stoa.dev/stoa',
      reportingInstance: 'stoa-0',
    })
    expect(events()[0]).not.toHaveProperty('series')
  })

  it('are counted rather than repeated', async () => {
    emit()
    await settled(1)
    now += 60_000
    emit()
    await settled(2)
    emit()
    await settled(3)
    expect(events()).toHaveLength(1)
    expect(events()[0]?.['series']).toEqual({ count: 3, lastObservedTime: '2026-11-21T00:01:00.000000Z' })
  })

  it('that come faster than they can be written are one write', async () => {
    emit('first')
    for (let time = 0; time < 50; time += 1) emit('again')
    await settled(2)
    await quiet()
    expect(fake.calls).toHaveLength(2)
    expect(events()[1]?.['series']).toMatchObject({ count: 50 })
  })

  it('are others when the object, the reason or the message is another', async () => {
    emit()
    emit('another message')
    emit(undefined, { uid: 'uid-2' })
    await settled(3)
    await expect.poll(() => events().length).toBe(3)
  })

  it('begin a new series after a while, and when the cluster has forgotten the old one', async () => {
    emit()
    await settled(1)
    now += 700_000
    emit()
    await settled(2)
    await expect.poll(() => events().length).toBe(2)
    const [first, second] = events()
    for (const event of [first, second]) fake.remove(`${PATH}/${event?.metadata.name}`)
    emit()
    await settled(4)
    await expect.poll(() => events().length).toBe(1)
    expect(events()[0]).not.toHaveProperty('series')
  })

  it('are dropped and counted while the apiserver is away', async () => {
    fake.fault = () => ({ status: 503 })
    for (let index = 0; index < 1100; index += 1) emit(`message ${index}`)
    await expect.poll(() => fake.calls.length).toBe(1001)
    await quiet()
    fake.fault = () => undefined
    emit('it is back')
    await expect.poll(() => dropped).toBe(1100)
    expect(counted).toBe(1100)
    expect(events().map(({ note }) => note)).toEqual(['it is back'])
  })

  it.each<[string, FakeFault, number]>([
    ['of a namespace that is being deleted are for nobody', { status: 403, causes: ['NamespaceTerminating'] }, 0],
    ['of a namespace that is gone are for nobody', { status: 404 }, 0],
    ['that may not be written are counted', { status: 403 }, 1],
    ['that are not admitted are counted', { status: 403, message: 'exceeded quota' }, 1],
  ])('%s, and the API is not called away', async (_what, fault, count) => {
    fake.fault = () => fault
    emit('lost')
    await settled(1)
    await quiet()
    fake.fault = () => undefined
    emit('written')
    await expect.poll(() => events().length).toBe(1)
    await quiet()
    expect([dropped, counted]).toEqual([0, count])
  })

  it('are cut to what the apiserver takes', async () => {
    emit('ü'.repeat(2000))
    await settled(1)
    await expect.poll(() => events().length).toBe(1)
    expect(Buffer.byteLength(String(events()[0]?.['note']))).toBeLessThanOrEqual(1024)
  })
})
