import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../cli/system-clock.ts'
import { SILENT_LOGGER, type Logger } from '../../telemetry/logger.ts'
import { ApiserverFake, type FakeCall } from '../../../test/fakes/apiserver-fake.ts'
import { openPlainClient } from '../../../test/support/kube-bench.ts'
import type { ApiClient } from './api-client.ts'
import { readIdentity } from './object-identity.ts'
import { Reflector, type ReflectorSink } from './reflector.ts'
import { RESOURCES } from './resources.ts'

const NODES = '/api/v1/nodes'

let fake: ApiserverFake
let client: ApiClient
let stopping: AbortController
let running: Promise<void>
/** What it waited, in order. It never waits for long here. */
let waits: number[]
let warnings: string[]
/** By how much the clock was put on. */
let passedMs: number

beforeEach(async () => {
  fake = await ApiserverFake.start()
  client = openPlainClient(fake.url)
  stopping = new AbortController()
  running = Promise.resolve()
  waits = []
  warnings = []
  passedMs = 0
})
afterEach(async () => {
  stopping.abort()
  await running
  await client.close()
  await fake.stop()
})

class Mirror implements ReflectorSink {
  readonly names = new Set<string>()
  readonly log: string[] = []

  listBegins(): void {
    this.log.push('list')
  }

  put(object: unknown): void {
    const name = readIdentity(object)?.name ?? ''
    this.names.add(name)
    this.log.push(`+${name}`)
  }

  remove(object: unknown): void {
    const name = readIdentity(object)?.name ?? ''
    this.names.delete(name)
    this.log.push(`-${name}`)
  }

  reached(): void {
    // A mirror takes no answers, so it need not know.
  }

  listEnds(keys: ReadonlySet<string>): void {
    for (const name of this.names) if (!keys.has(`/${name}`)) this.names.delete(name)
    this.log.push('listed')
  }
}

function reflect(idleMs = 10_000): { mirror: Mirror; reflector: Reflector } {
  const mirror = new Mirror()
  const clock = {
    ...systemClock,
    monotonicNow: () => systemClock.monotonicNow() + passedMs,
    sleep: (ms: number, signal: AbortSignal) => {
      if (ms > 0) waits.push(ms)
      return systemClock.sleep(Math.min(ms, 5), signal)
    },
  }
  const logger: Logger = { ...SILENT_LOGGER, warn: (_message, fields) => warnings.push(String(fields?.['problem'])) }
  const scope = { resource: RESOURCES.Node, namespace: undefined, name: undefined }
  const ports = { client, clock, random: () => 0, logger, idleMs }
  const reflector = new Reflector(scope, mirror, ports, () => undefined)
  running = reflector.run(stopping.signal)
  return { mirror, reflector }
}

const node = (name: string, labels = {}): { metadata: object } => ({ metadata: { name, labels } })
const addNode = (name: string): void => fake.seed(NODES, node(name))
const isWatch = ({ query }: FakeCall): boolean => query.has('watch')
const watches = (): readonly FakeCall[] => fake.calls.filter(isWatch)
const lists = (): readonly FakeCall[] => fake.calls.filter((call) => call.path === NODES && !isWatch(call))

async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { interval: 2 }).toBe(true)
}
const untilWatching = (times = 1): Promise<void> => until(() => watches().length >= times && fake.watching.length === 1)

describe('a reflector', () => {
  it('reads a long list in pages, and watches from where it was', async () => {
    for (let index = 0; index < 250; index += 1) addNode(`n${index}`)
    const { mirror, reflector } = reflect()
    await untilWatching()
    expect(mirror.names.size).toBe(250)
    expect(lists().map(({ query }) => query.get('limit'))).toEqual(['100', '100', '100'])
    expect(watches()[0]?.query.toString()).toMatch(
      /^watch=1&allowWatchBookmarks=true&timeoutSeconds=240&resourceVersion=\d+$/,
    )
    expect(reflector.state).toMatchObject({ synced: true, error: undefined })
    expect(reflector.state.lastHeardAt, 'by the clock that nobody sets').toBeLessThanOrEqual(performance.now())
    addNode('new')
    await until(() => mirror.names.has('new'))
    fake.remove(`${NODES}/n0`)
    await until(() => !mirror.names.has('n0'))
    expect(waits).toEqual([])
  })

  it.each(['close', 'tear'] as const)('goes on from the last event after the server did: %s', async (how) => {
    const { mirror } = reflect()
    await untilWatching()
    addNode('a')
    await until(() => mirror.names.has('a'))
    const version = String(fake.find(`${NODES}/a`)?.metadata.resourceVersion)
    fake.endWatches(how)
    await untilWatching(2)
    expect(watches()[1]?.query.get('resourceVersion')).toBe(version)
    addNode('b')
    await until(() => mirror.names.has('b'))
    expect(lists()).toHaveLength(1)
    expect(mirror.log.filter((line) => line === '+a')).toHaveLength(1)
  })

  it('takes up the version of a bookmark', async () => {
    reflect()
    await untilWatching()
    fake.seed('/api/v1/namespaces', { metadata: { name: 'elsewhere' } })
    const version = String(fake.find('/api/v1/namespaces/elsewhere')?.metadata.resourceVersion)
    fake.bookmark()
    await new Promise((resolve) => setTimeout(resolve, 50))
    fake.endWatches('close')
    await untilWatching(2)
    expect(watches()[1]?.query.get('resourceVersion')).toBe(version)
  })

  it('lists anew when the server has gone back to before its version, of which a watch says nothing', async () => {
    addNode('kept')
    const restore = fake.backUp()
    for (const name of ['lost', 'lost-too']) addNode(name)
    const { mirror } = reflect()
    await untilWatching()
    restore()
    await untilWatching(2)
    addNode('new')
    passedMs += 300_000
    fake.endWatches('close')
    await until(() => mirror.names.has('new'))
    expect([...mirror.names].sort()).toEqual(['kept', 'new'])
    expect(warnings).toEqual([expect.stringContaining('is at an older version than it was')])
    await untilWatching(3)
    addNode('next')
    await until(() => mirror.names.has('next'))
  })

  it('asks once, and for little, whether a watch that heard nothing for long could hear', async () => {
    const { mirror } = reflect()
    await untilWatching()
    passedMs += 300_000
    fake.endWatches('close')
    await untilWatching(2)
    expect(lists().map(({ query }) => query.get('limit'))).toEqual(['100', '1'])
    expect(mirror.log).toEqual(['list', 'listed'])
    expect(warnings).toEqual([])
  })

  it('lists anew when its version is too old, and finds out what is gone', async () => {
    addNode('gone')
    const { mirror } = reflect()
    await untilWatching()
    fake.fault = (call) => (isWatch(call) ? { status: 503 } : undefined)
    fake.endWatches('close')
    await until(() => watches().length >= 3)
    fake.remove(`${NODES}/gone`)
    addNode('new')
    fake.compact()
    fake.fault = () => undefined
    await until(() => mirror.names.has('new') && !mirror.names.has('gone'))
    expect(lists()).toHaveLength(2)
    expect(mirror.log.slice(-3)).toEqual(['list', '+new', 'listed'])
  })

  it('lists anew when the answer to a watch is 410', async () => {
    const { mirror } = reflect()
    await untilWatching()
    let once = true
    fake.fault = (call) => {
      if (!isWatch(call) || !once) return undefined
      once = false
      return { status: 410 }
    }
    fake.endWatches('close')
    await untilWatching(3)
    expect(lists()).toHaveLength(2)
    expect(mirror.log.filter((line) => line === 'listed')).toHaveLength(2)
    expect(warnings, 'a version that is too old is no trouble').toEqual([])
  })

  it('begins a list again when it takes too long for its pages, and takes nothing away meanwhile', async () => {
    for (let index = 0; index < 150; index += 1) addNode(`n${index}`)
    let pages = 0
    fake.fault = (call) => {
      if (call.query.has('continue')) pages += 1
      return call.query.has('continue') && pages === 1 ? { status: 410 } : undefined
    }
    const { mirror } = reflect()
    await untilWatching()
    expect(mirror.names.size).toBe(150)
    expect(mirror.log.filter((line) => line === 'listed')).toHaveLength(1)
    expect(mirror.log.filter((line) => line === 'list')).toHaveLength(2)
  })

  it.each([401, 403, 404, 500, 'break'] as const)('tries a list again, with growing waits, after %s', async (how) => {
    fake.fault = () => (how === 'break' ? 'break' : { status: how })
    const { reflector } = reflect()
    await until(() => waits.length >= 5)
    expect(waits.slice(0, 5)).toEqual([250, 500, 1000, 2000, 4000])
    expect(reflector.state).toMatchObject({ synced: false, lastHeardAt: undefined })
    expect(reflector.state.error?.message).toContain('list nodes')
    expect(warnings, 'the same trouble is told once').toHaveLength(1)
    fake.fault = () => undefined
    await untilWatching()
    expect(reflector.state).toMatchObject({ synced: true, error: undefined })
  })

  it('waits for as long as a 429 says', async () => {
    fake.fault = () => (waits.length === 0 ? { status: 429, headers: { 'retry-after': '17' } } : undefined)
    reflect()
    await untilWatching()
    expect(waits).toEqual([17_000])
  })

  it('says what it could not do when the answer to a list is none', async () => {
    fake.fault = () => (warnings.length === 0 ? { status: 200 } : undefined)
    reflect()
    await untilWatching()
    expect(warnings).toEqual(['cannot list nodes: the answer is no list'])
  })

  it('lists anew after an error within the stream, whatever it is', async () => {
    const { reflector } = reflect()
    await untilWatching()
    fake.endWatches({ line: { type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd is away' } } })
    await untilWatching(2)
    expect(lists()).toHaveLength(2)
    expect(reflector.state.error).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('etcd is away')])
  })

  it('gives up a watch that says nothing for too long, without a word: there may be nothing to say', async () => {
    const { reflector } = reflect(300)
    await untilWatching(2)
    expect(lists()).toHaveLength(1)
    expect([warnings, reflector.state.error]).toEqual([[], undefined])
  })

  it('does not hammer a server that ends every watch at once', async () => {
    reflect()
    const timer = setInterval(() => fake.endWatches('close'), 2)
    await until(() => waits.length >= 6)
    clearInterval(timer)
    expect(waits.slice(0, 6)).toEqual([250, 500, 1000, 2000, 4000, 5000])
  })

  it('finds the server again after a restart', async () => {
    addNode('a')
    const { mirror } = reflect()
    await untilWatching()
    await fake.restart()
    await untilWatching(2)
    addNode('b')
    await until(() => mirror.names.has('b'))
    expect(lists()).toHaveLength(1)
  })

  it('ends at once when told to, in whatever it does', async () => {
    reflect()
    await untilWatching()
    stopping.abort()
    await running
    await until(() => fake.watching.length === 0)
    expect(warnings).toEqual([])
  })
})
