// `npm run bench:cluster`: the built controller against a real apiserver with ten thousand records and five thousand nodes: how long
// until all are Ready, what it takes of memory and CPU, what fifty tainted nodes cost at the provider, and what an idle minute costs.
import { setTimeout as delay } from 'node:timers/promises'
import { CONTROLLER_USER, startController, type Controller } from '../real/support/controller.ts'
import {
  countReady,
  createNodes,
  createPools,
  createRecords,
  inspectProcess,
  isWrite,
  LATENCY_MS,
  listSets,
  readNodeFlags,
  setTtl,
  startCluster,
  taint,
  type BenchNode,
  type ClusterWorld,
} from './cluster-world.ts'

const RECORDS = Number(process.env['BENCH_RECORDS'] ?? 10_000)
const NODES = Number(process.env['BENCH_NODES'] ?? 5_000)
const POOLS = 50
const FLEET = Math.min(500, NODES)
const TAINTED = 50
/** What we aim at. Figures of time and memory are printed, for machines differ; counts are asserted. */
const AIMS = { rssMaxMb: 300, msToSetP99: 400 + LATENCY_MS } as const
/** The shortest window in which a zone gathers changes. */
const WINDOW_MS = 25
const QUIET_MS = 6_000
const IDLE_MS = 60_000

type Figures = Readonly<Record<string, string | number>>

interface Burst {
  /** Those that write; each zone pass also asks for the serial first. */
  readonly calls: number
  readonly writes: number
  /** Record sets that were written, and until half or 99 of 100 of them were, each from when what it was written for had been done. */
  readonly sets: number
  readonly msToFirstCall: number
  readonly msToSetP50: number
  readonly msToSetP99: number
  /** The same from when that was asked of the apiserver, which takes a while for many at once. */
  readonly msFromRequestP99: number
  readonly msToLastCall: number
  readonly msToLastStatus: number
}

function listNodes(): readonly BenchNode[] {
  return Array.from({ length: NODES }, (_, index) => ({
    name: `node-${index}`,
    pool: `pool-${index % POOLS}`,
    address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  }))
}

function listFleet(): readonly BenchNode[] {
  return Array.from({ length: FLEET }, (_, index) => ({
    name: `fleet-${index}`,
    pool: 'fleet',
    address: `10.200.${index >> 8}.${index & 255}`,
  }))
}

async function build({ apiserver }: ClusterWorld): Promise<void> {
  const began = performance.now()
  await createPools(apiserver, ['fleet', ...Array.from({ length: POOLS }, (_, index) => `pool-${index}`)])
  await createNodes(apiserver, [...listNodes(), ...listFleet()])
  const records = Array.from({ length: RECORDS }, (_, index) => ({
    name: `record-${index}`,
    pool: `pool-${index % POOLS}`,
    maxAddresses: 8,
  }))
  await createRecords(apiserver, [...records, { name: 'fleet', pool: 'fleet', maxAddresses: 1000 }])
  print({ what: 'the cluster is filled', ms: performance.now() - began })
}

async function measureStart(
  { apiserver, powerdns }: ClusterWorld,
  controller: Controller,
  began: number,
): Promise<void> {
  const { http } = powerdns
  while ((await countStatusWrites(controller)) < RECORDS) await delay(250)
  while ((await countReady(apiserver)) < RECORDS + 1) await delay(250)
  const ms = performance.now() - began
  const figures = await inspectProcess(controller.pid)
  print({ what: 'start until all are Ready', ms, ...figures, calls: http.calls.length, bytes: http.bytes })
}

/** When a change was asked of the apiserver, and when it had made it. */
interface Cause {
  readonly asked: number
  readonly made: number
}

/** Of each written set, where not all have the beginning in common. */
type CauseOf = (set: string) => Cause | undefined

/** Does something, and watches the provider and the status writes until both have been quiet for a while. */
async function measureBurst(
  { powerdns: { http } }: ClusterWorld,
  controller: Controller,
  act: () => Promise<void>,
  causeOf: CauseOf = () => undefined,
): Promise<Burst> {
  const callsBefore = http.calls.length
  const writesBefore = await countStatusWrites(controller)
  let seen = callsBefore
  const began = performance.now()
  const callTimes: number[] = []
  const [fromMade, fromAsked]: [number[], number[]] = [[], []]
  const watch = setInterval(() => {
    for (const { body } of http.calls.slice(seen).filter(isWrite)) {
      callTimes.push(performance.now())
      for (const { asked, made } of listSets(body).map((name) => causeOf(name) ?? { asked: began, made: began })) {
        fromMade.push(performance.now() - made)
        fromAsked.push(performance.now() - asked)
      }
    }
    seen = http.calls.length
  }, 2)
  await act()
  let [writes, lastStatus] = [writesBefore, began]
  while (performance.now() < Math.max(lastStatus, callTimes.at(-1) ?? 0) + QUIET_MS) {
    const now = await countStatusWrites(controller)
    if (now !== writes) [writes, lastStatus] = [now, performance.now()]
    // Whoever asks more often takes the time that is measured.
    await delay(250)
  }
  clearInterval(watch)
  return {
    calls: callTimes.length,
    writes: writes - writesBefore,
    sets: fromMade.length,
    msToFirstCall: (callTimes[0] ?? began) - began,
    msToSetP50: quantile(fromMade, 0.5),
    msToSetP99: quantile(fromMade, 0.99),
    msFromRequestP99: quantile(fromAsked, 0.99),
    msToLastCall: (callTimes.at(-1) ?? began) - began,
    msToLastStatus: lastStatus - began,
  }
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? 0
}

/** The node of the record's pool that is tainted: pools, their nodes and their records are numbered alike. */
function taintedNodeOf(set: string): string {
  const [, index = ''] = /^record-(\d+)\./.exec(set) ?? []
  return `node-${Number(index) % POOLS}`
}

async function measureTaints(world: ClusterWorld, controller: Controller): Promise<void> {
  const nodes = listNodes().slice(0, TAINTED)
  const causes = new Map<string, Cause>()
  let tainted = 0
  const act = async (): Promise<void> => {
    const began = performance.now()
    const names = nodes.map(({ name }) => name)
    await taint(world.apiserver, names, (name, asked) => causes.set(name, { asked, made: performance.now() }))
    tainted = performance.now() - began
  }
  const burst = await measureBurst(world, controller, act, (set) => causes.get(taintedNodeOf(set)))
  const most = Math.floor(1 + Math.max(burst.msToLastCall, tainted) / (WINDOW_MS + LATENCY_MS))
  print({
    what: `${TAINTED} nodes tainted at once`,
    aimMsToSetP99: AIMS.msToSetP99,
    msToTaint: tainted,
    ...burst,
    mostCalls: most,
    ...(await inspectProcess(controller.pid)),
  })
  check(burst.calls <= most, `${burst.calls} calls for a burst that allows ${most}`)
}

async function measureFleet(world: ClusterWorld, controller: Controller): Promise<void> {
  const names = listFleet()
    .slice(0, TAINTED)
    .map(({ name }) => name)
  const burst = await measureBurst(world, controller, () => taint(world.apiserver, names))
  print({ what: `${TAINTED} of ${FLEET} nodes of one name drained`, ...burst })
  const one = await measureBurst(world, controller, () => setTtl(world.apiserver, 'record-0', 120))
  print({ what: `one changed name of ${RECORDS}`, ...one })
  check(one.calls === 1, `${one.calls} calls for one changed name`)
}

async function measureIdle(world: ClusterWorld, controller: Controller): Promise<void> {
  const { audit, powerdns } = world
  const before = await inspectProcess(controller.pid)
  const [from, calls] = [Date.now(), powerdns.http.calls.length]
  await delay(IDLE_MS)
  const to = Date.now()
  await delay(500)
  const asked = await audit.countOf(CONTROLLER_USER, from, to)
  const requests = [...asked.values()].reduce((sum, count) => sum + count, 0)
  const after = await inspectProcess(controller.pid)
  print({
    what: 'an idle minute',
    requests,
    ...{ providerCalls: powerdns.http.calls.length - calls, cpuSeconds: after.cpuSeconds - before.cpuSeconds },
    made: [...asked].map(([what, count]) => `${count} ${what}`).join(', '),
  })
  check(requests <= IDLE_MS / 1000, `${requests} requests in an idle minute`)
  print({ what: 'most memory', rssMaxMb: after.rssMaxMb, aim: AIMS.rssMaxMb })
}

async function countStatusWrites({ metricsUrl }: Controller): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text()
  const lines = [...text.matchAll(/^stoa_status_writes_total\{.*\} (\d+)$/gm)]
  return lines.reduce((sum, [, count]) => sum + Number(count), 0)
}

function check(holds: boolean, problem: string): void {
  if (holds) return
  console.error(`bench:cluster: ${problem}`)
  process.exitCode = 1
}

function print(figures: Figures): void {
  const rounded = Object.entries(figures).map(([key, value]) => [
    key,
    typeof value === 'number' ? Number(value.toFixed(value < 10 ? 2 : 0)) : value,
  ])
  console.log(JSON.stringify({ bench: 'cluster', ...Object.fromEntries(rounded) }))
}

const world = await startCluster()
try {
  await build(world)
  const began = performance.now()
  const controller = await startController(world.apiserver, ['--log-level=warn'], await readNodeFlags())
  try {
    await measureStart(world, controller, began)
    // As between the bursts: what the start has left to do is done.
    await delay(QUIET_MS)
    await measureTaints(world, controller)
    await measureFleet(world, controller)
    await measureIdle(world, controller)
    if (controller.output().trim() !== '') console.error(controller.output())
  } finally {
    await controller.stop()
  }
} finally {
  await world.stop()
}
