// `npm run bench:detect`: how long the public address takes to find, as a multiple of the round trip to those who are asked, and what it costs them.
// Ten STUN servers over UDP and ten over TCP answer after 20 ms on loopback; two check services stand behind a proxy that delays every byte.
import { saying, startCheckService } from '../fakes/wan/check-service.ts'
import { startDelayingProxy } from '../fakes/wan/delaying-proxy.ts'
import { checkServices, createTestPorts, createTestSpec, stunServers } from '../fakes/wan/detect-ports.ts'
import { createSimulatedWorld } from '../fakes/wan/simulated-world.ts'
import { answering, silent } from '../fakes/wan/stun-behaviours.ts'
import { startTcpResponder, startUdpResponder, type StunResponder } from '../fakes/wan/stun-responder.ts'
import { listOpenSockets } from '../support/open-sockets.ts'
import { detectAddress } from '../../src/observe/wan/detect-address.ts'
import type { DetectionSpec } from '../../src/observe/wan/detection-spec.ts'
import { Detectors } from '../../src/observe/wan/detectors.ts'
import { SourceMemory } from '../../src/observe/wan/source-memory.ts'

const ROUND_TRIP_MS = 20
const EACH = 10
const DEAD = 3
const DETECTIONS = 100
const ADDRESS = '9.9.9.9'
/** Question and answer. */
const PACKETS_PER_UDP_QUESTION = 2
/** Handshake 3, question and answer with their acknowledgements 4, closing 3. */
const PACKETS_PER_TCP_QUESTION = 10

const ports = createTestPorts()
const forever = new AbortController().signal

interface Scene {
  readonly udp: readonly StunResponder[]
  readonly tcp: readonly StunResponder[]
  readonly services: readonly Service[]
  readonly spec: DetectionSpec
  stop(): Promise<void>
}

async function startScene(dead: number, tls?: 'data round trips' | 'all round trips'): Promise<Scene> {
  const behaviourOf = (index: number): typeof silent => (index < dead ? silent : answering(ADDRESS))
  const start = (startResponder: typeof startUdpResponder): Promise<StunResponder[]> =>
    Promise.all(
      Array.from({ length: EACH }, (_, index) =>
        startResponder({ behaviour: behaviourOf(index), latencyMs: ROUND_TRIP_MS }),
      ),
    )
  const [udp, tcp] = await Promise.all([start(startUdpResponder), start(startTcpResponder)])
  const services = await Promise.all(tls === undefined ? [] : [1, 2].map(() => startService(tls === 'all round trips')))
  const spec = createTestSpec({
    ...stunServers(...[...udp, ...tcp].map(({ server }) => server)),
    ...(tls === undefined ? {} : { ...checkServices(...services.map(({ url }) => url)), requireAuthenticated: true }),
    timeoutMs: 3000,
  })
  const stop = async (): Promise<void> => {
    await Promise.all([...udp, ...tcp, ...services].map((each) => each.stop()))
  }
  return { udp, tcp, services, spec, stop }
}

interface Service {
  readonly url: string
  readonly connections: number
  stop(): Promise<void>
}

async function startService(countHandshake: boolean): Promise<Service> {
  const service = await startCheckService({ tls: true, respond: saying(ADDRESS) })
  const proxy = await startDelayingProxy({ targetPort: service.port, roundTripMs: ROUND_TRIP_MS, countHandshake })
  const stop = async (): Promise<void> => {
    await proxy.stop()
    await service.stop()
  }
  return {
    url: `https://127.0.0.1:${proxy.port}/ip`,
    get connections() {
      return proxy.connections
    },
    stop,
  }
}

/** `learning`: with the memory that a detector has of those who failed. */
async function measure(what: string, scene: Scene, learning: boolean): Promise<void> {
  const { spec } = scene
  const memory = new SourceMemory()
  const none = new Set<string>()
  const times: number[] = []
  await detectAddress(spec, ports, {}, forever) // the code is compiled and the certificates are read now
  const before = countQuestions(scene)
  for (let round = 0; round < DETECTIONS; round += 1) {
    const startedAt = performance.now()
    const hints = learning ? { hints: memory.hints(none) } : {}
    const found = await detectAddress(spec, ports, hints, forever)
    times.push(performance.now() - startedAt)
    if (found.kind !== 'known' || found.address !== ADDRESS) throw new Error(`${what}: the address was not found`)
    if (learning) memory.learn(found.answers, Date.now())
  }
  const after = countQuestions(scene)
  const perDetection = (count: number): number => count / DETECTIONS
  const udpQuestions = perDetection(after.udp - before.udp)
  const tcpQuestions = perDetection(after.tcp - before.tcp)
  print({
    bench: 'detect',
    what,
    // The fastest tenth shows what the way of asking costs, whatever else this machine is busy with.
    p10RoundTrips: percentile(times, 0.1) / ROUND_TRIP_MS,
    medianRoundTrips: percentile(times, 0.5) / ROUND_TRIP_MS,
    p95RoundTrips: percentile(times, 0.95) / ROUND_TRIP_MS,
    socketsPerDetection: udpQuestions + tcpQuestions + perDetection(after.http - before.http),
    stunPacketsPerDetection: udpQuestions * PACKETS_PER_UDP_QUESTION + tcpQuestions * PACKETS_PER_TCP_QUESTION,
    openSocketsAfterwards: (await listOpenSockets()).length - openAtRest(scene),
  })
  await scene.stop()
}

/** Each UDP responder of this process has two sockets; those of TCP are servers and not counted. */
function openAtRest({ udp }: Scene): number {
  return udp.length * 2
}

function countQuestions({ udp, tcp, services }: Scene): { udp: number; tcp: number; http: number } {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  return {
    udp: sum(udp.map(({ requests }) => requests)),
    tcp: sum(tcp.map(({ connections }) => connections)),
    http: sum(services.map(({ connections }) => connections)),
  }
}

/** All sources answer and nothing changes: what an hour of that costs, on a simulated clock, beside asking all of them every time. */
async function measureIdleHour(): Promise<void> {
  const names = Array.from({ length: EACH }, (_, index) => [`s${index}.example`, `tcp://t${index}.example`]).flat()
  const world = createSimulatedWorld(names, ADDRESS)
  const countPackets = (): number =>
    world.sources.reduce(
      (sum, { asked, transport }) =>
        sum + asked * (transport === 'UDP' ? PACKETS_PER_UDP_QUESTION : PACKETS_PER_TCP_QUESTION),
      0,
    )
  const detectors = new Detectors(world.ports)
  detectors.subscribe(createTestSpec({ intervalSeconds: 30 }), () => {})
  await world.clock.advance(60_000)
  const before = { packets: countPackets(), rounds: world.rounds.length }
  await world.clock.advance(3_600_000)
  const rounds = world.rounds.length - before.rounds
  const packets = countPackets() - before.packets
  await detectors.close()
  print({
    bench: 'detect',
    what: 'an idle hour, every 30 s, quorum 2',
    rounds,
    packetsPerIdleHour: packets,
    packetsIfEveryoneWereAsked: rounds * EACH * (PACKETS_PER_UDP_QUESTION + PACKETS_PER_TCP_QUESTION),
  })
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function print(figures: Readonly<Record<string, string | number>>): void {
  const rounded = Object.entries(figures).map(([key, value]) => [
    key,
    typeof value === 'number' ? Number(value.toFixed(2)) : value,
  ])
  console.log(JSON.stringify(Object.fromEntries(rounded)))
}

await measure('UDP quorum, all alive', await startScene(0), false)
await measure('UDP quorum, 3 of each dead, none known to be', await startScene(DEAD), false)
await measure('UDP quorum, 3 of each dead, known from earlier rounds', await startScene(DEAD), true)
await measure('with TLS confirmation, TCP handshake free', await startScene(0, 'data round trips'), false)
await measure('with TLS confirmation, TCP handshake counted', await startScene(0, 'all round trips'), false)
await measure(
  'with TLS confirmation, 3 of each dead, known, TCP handshake free',
  await startScene(DEAD, 'data round trips'),
  true,
)
await measure(
  'with TLS confirmation, 3 of each dead, known, TCP handshake counted',
  await startScene(DEAD, 'all round trips'),
  true,
)
await measureIdleHour()
