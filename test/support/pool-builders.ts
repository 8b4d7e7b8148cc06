// Nodes, pools and health reports for tests: everything is as fine as can be unless the test says otherwise.
import type { Drain, HealthCheck } from '../../src/api/generated/node-pool.ts'
import type { HealthReport, HealthVerdict } from '../../src/desired/health-verdicts.ts'
import { judgeNodes, type MembershipSpec } from '../../src/desired/judge-node.ts'
import type { NodeObject } from '../../src/api/node.ts'
import { judgeMembership, type Membership } from '../../src/desired/membership.ts'
import { NOTHING_REMEMBERED, type MembershipMemory } from '../../src/desired/membership-memory.ts'
import { parseIpAddress, type IpAddress } from '../../src/model/address.ts'

/** A whole second, as all stamps of Kubernetes are. */
export const NOW = Date.parse('2026-05-01T12:00:00Z')

export function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString()
}

export function ip(text: string): IpAddress {
  const address = parseIpAddress(text)
  if (address === undefined) throw new Error(`${text} is not an IP address`)
  return address
}

export const DEFAULT_DRAIN: Drain = {
  rules: [
    {
      name: 'cluster-autoscaler',
      allTaints: ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler'],
    },
    { name: 'karpenter', allTaints: ['karpenter.sh/disrupted'] },
  ],
  notReady: { action: 'Remove', graceSeconds: 30 },
  unreachable: { action: 'Remove', graceSeconds: 30 },
  cordoned: { action: 'Keep' },
  readmitSeconds: 30,
  maxUnavailablePercent: 50,
}

export function poolSpec(overrides: Partial<MembershipSpec> = {}): MembershipSpec {
  return {
    selector: {},
    addressSources: [{ type: 'ExternalIP' }],
    allowNonGlobalAddresses: false,
    drain: DEFAULT_DRAIN,
    minMembers: 1,
    ...overrides,
  }
}

/** A node that has been there and ready for a day, with the address 1.0.0.<number>. */
export function node(number: number, overrides: Partial<NodeObject> = {}): NodeObject {
  return {
    name: nodeName(number),
    labels: {},
    annotations: {},
    unschedulable: false,
    taints: [],
    addresses: [{ type: 'ExternalIP', address: addressOf(number) }],
    ready: { status: 'True', lastTransitionTime: at(-86_000) },
    creationTimestamp: at(-86_400),
    ...overrides,
  }
}

export function nodeName(number: number): string {
  return `node-${String(number).padStart(4, '0')}`
}

function addressOf(number: number): IpAddress {
  return ip(`1.0.${Math.floor(number / 256)}.${number % 256}`)
}

/** Ready=False since so many seconds after NOW. */
export function notReady(number: number, seconds: number, overrides: Partial<NodeObject> = {}): NodeObject {
  return node(number, { ready: { status: 'False', lastTransitionTime: at(seconds) }, ...overrides })
}

export function tainted(number: number, ...keys: readonly string[]): NodeObject {
  return node(number, { taints: keys.map((key) => ({ key, effect: 'NoSchedule' })) })
}

export const HEALTH_CHECK: HealthCheck = {
  tcpSocket: { port: 443 },
  periodSeconds: 5,
  timeoutSeconds: 3,
  failureThreshold: 3,
  successThreshold: 1,
  removalDelaySeconds: 0,
}

export const HEALTHY: HealthVerdict = { kind: 'healthy' }

export function unhealthy(seconds: number): HealthVerdict {
  return { kind: 'unhealthy', since: NOW + seconds * 1000, message: 'connection refused' }
}

/** What probes say of each numbered node's address. */
export function report(
  verdicts: Readonly<Record<number, HealthVerdict>>,
  check: Partial<HealthCheck> = {},
): HealthReport {
  const entries = Object.entries(verdicts).map(([number, verdict]) => [addressOf(Number(number)), verdict] as const)
  return { check: { ...HEALTH_CHECK, ...check }, verdicts: new Map(entries) }
}

export interface Scene {
  readonly spec?: Partial<MembershipSpec>
  readonly drain?: Partial<Drain>
  readonly nodes: readonly NodeObject[]
  readonly health?: HealthReport | undefined
  readonly memory?: MembershipMemory
  /** Seconds after NOW. */
  readonly seconds?: number
}

export function judge(scene: Scene): Membership {
  const spec = poolSpec({ ...scene.spec, drain: { ...DEFAULT_DRAIN, ...scene.drain } })
  return judgeMembership({
    spec,
    judged: judgeNodes(spec, scene.nodes),
    health: scene.health,
    memory: scene.memory ?? NOTHING_REMEMBERED,
    now: NOW + (scene.seconds ?? 0) * 1000,
  })
}

/** `node-0001 Active, node-0002 NotReady (in)`. */
export function states({ members }: Membership): string {
  return members
    .map(({ name, state, heldIn }) => `${name} ${state}${heldIn === undefined ? '' : ` (${heldIn})`}`)
    .join(', ')
}
