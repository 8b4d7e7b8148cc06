// A zone worker over a zone in memory and a simulated clock, with wishes that a test says.
import { afterEach } from 'vitest'
import { MemoryZone, type MemoryZoneOptions } from '../fakes/memory-zone.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { type ReconcileError } from '../../src/model/errors.ts'
import type { ClearIntent, Intent, UpdateIntent } from '../../src/model/intent.ts'
import type { Fqdn } from '../../src/model/name.ts'
import { keyText, type OwnerId, type StoredSet } from '../../src/model/record-set.ts'
import type { Brakes, ZoneReport } from '../../src/apply/zone-pass.ts'
import type { ZoneSession } from '../../src/providers/provider.ts'
import { ZoneWorker, type WorkerBudget } from '../../src/apply/zone-worker.ts'

const zone = { provider: 'dns/main', zone: 'example.com' as Fqdn }
export const ownerId = 'home' as OwnerId
export const name = (label: string): Fqdn => `${label}.example.com` as Fqdn

export interface World {
  readonly clock: SimulatedClock
  readonly memory: MemoryZone
  readonly worker: ZoneWorker
  readonly reports: ZoneReport[]
  readonly outages: ReconcileError[]
  /** How often it was decided what is to be done. */
  readonly decided: () => number
  readonly brakes: { -readonly [Key in keyof Brakes]: Brakes[Key] }
  readonly want: (label: string, values: readonly string[], uid?: string) => void
  readonly drop: (label: string, uid?: string) => void
  readonly valuesAt: (label: string) => readonly string[] | undefined
}

export const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

interface Elsewhere {
  readonly clock?: SimulatedClock
  readonly memory?: MemoryZone
  /** Instead of the zone in memory. */
  readonly session?: ZoneSession
  readonly owner?: string
  readonly whenRead?: () => Promise<void>
  readonly isMoreComing?: () => boolean
}

export function startWorld(
  options: MemoryZoneOptions = {},
  random = (): number => 0.5,
  budgetOf: (memory: MemoryZone) => WorkerBudget = ({ budget }) => budget,
  elsewhere: Elsewhere = {},
): World {
  const {
    clock = new SimulatedClock(),
    memory = new MemoryZone(options),
    session = memory,
    owner = ownerId,
    whenRead,
    isMoreComing = () => false,
  } = elsewhere
  const wishes = new Map<string, Intent>()
  const reports: ZoneReport[] = []
  const outages: ReconcileError[] = []
  const brakes = {
    guard: { maxDeletePercent: 30, windowSeconds: 600 },
    approvedHashes: [] as readonly string[],
    pruneHashes: [] as readonly string[],
    dryRun: false,
  }
  let decisions = 0
  const worker = new ZoneWorker({
    zone,
    ownerId: owner as OwnerId,
    session,
    clock,
    random,
    budget: budgetOf(memory),
    isMoreComing,
    ...(whenRead && { whenRead }),
    report: (report) => reports.push(report),
    onTurn: (error) => {
      if (error !== undefined) outages.push(error)
    },
    wishes: {
      settle: (names) => {
        decisions += 1
        const intents = [...wishes.values()].filter(({ key }) => names === undefined || names.includes(key.name))
        return { intents, refusals: [] }
      },
      gate: (_resource, changes) => ({ apply: changes, held: [] }),
      together: (names) => names,
      brakes: () => brakes,
      isClaimed: (key, uid) => wishes.get(keyText(key))?.resource.uid === uid,
    },
  })
  const controller = new AbortController()
  const running = worker.run(controller.signal)
  stops.push(async () => {
    controller.abort()
    await running
  })
  const base = (label: string, uid: string): Pick<UpdateIntent, 'key' | 'zone' | 'resource'> => ({
    key: { name: name(label), type: 'A', setId: '' },
    zone,
    resource: { uid, namespace: 'web', name: uid },
  })
  return {
    clock,
    memory,
    worker,
    reports,
    outages,
    brakes,
    decided: () => decisions,
    want(label, values, uid = 'shop') {
      const desired = values.map((value) => ({ value, target: 'nodes' }))
      const rest = { ttl: 300, routing: undefined, options: undefined, adopt: false }
      const intent: UpdateIntent = { ...base(label, uid), kind: 'update', values: desired, ...rest }
      wishes.set(keyText(intent.key), intent)
      worker.touch([intent.key.name])
    },
    drop(label, uid = 'shop') {
      const intent: ClearIntent = { ...base(label, uid), kind: 'clear', disposal: 'Delete' }
      wishes.set(keyText(intent.key), intent)
      worker.touch([intent.key.name])
    },
    valuesAt: (label) => memory.table.get(base(label, '').key)?.values.map(({ value }) => value),
  }
}

export const foreign = (label: string, value: string): StoredSet => ({
  key: { name: name(label), type: 'A', setId: '' },
  values: [{ value, owner: undefined }],
  ttl: 300,
  routing: undefined,
  options: undefined,
})
