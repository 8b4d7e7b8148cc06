// `npm run bench:core`: how long the pure core takes for everything from nothing, for one changed node, and for reading objects.
import { parseObject } from '../../src/api/parse-object.ts'
import type { DynamicDNSRecord } from '../../src/api/kinds.ts'
import type { NodeObject } from '../../src/api/node.ts'
import { node, tainted } from '../support/pool-builders.ts'
import { record } from '../support/record-builders.ts'
import { CoreWorld, type Pass } from './core-world.ts'

const RECORDS = 10_000
const NODES = 5_000
const NODES_PER_POOL = 100
const ROUNDS = 5
const CHANGES = 20

const DOOMED = ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler']

function listRecords(count: number): readonly DynamicDNSRecord[] {
  const targets = [{ name: 'edge', nodePool: { name: 'edge' } }]
  return Array.from({ length: count }, (_, number) =>
    record({ hostnames: [`r${number}.example.com`], targets }, { name: `r${number}`, uid: `uid-${number}` }),
  )
}

interface Measured {
  readonly ms: number
  readonly pass: Pass
}

function time(run: () => Pass): Measured {
  const before = performance.now()
  const pass = run()
  return { ms: performance.now() - before, pass }
}

/** The middle of several: the first rounds warm up, and the machine is shared. */
function middle(measured: readonly Measured[]): Measured {
  const sorted = measured.toSorted((a, b) => a.ms - b.ms)
  const found = sorted[Math.floor(sorted.length / 2)]
  if (found === undefined) throw new Error('nothing was measured')
  return found
}

interface Scale {
  readonly records: number
  readonly nodes: number
}

interface Costs {
  readonly scratch: Measured
  readonly change: Measured
}

function measure({ records, nodes }: Scale): Costs {
  const pools = nodes / NODES_PER_POOL
  const objects = listRecords(records)
  const all: readonly NodeObject[] = Array.from({ length: nodes }, (_, number) => node(number))
  const scratch: Measured[] = []
  const changes: Measured[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const world = new CoreWorld(pools, objects)
    scratch.push(time(() => world.start(all)))
    for (let number = 0; number < CHANGES; number += 1) {
      changes.push(time(() => world.changeNode(number, tainted(number, ...DOOMED))))
    }
  }
  return { scratch: middle(scratch), change: middle(changes) }
}

function measureCore(): void {
  const scale = { records: RECORDS, nodes: NODES }
  const { scratch, change } = measure(scale)
  const tenth = measure({ records: RECORDS / 10, nodes: NODES / 10 })
  print({ what: 'desired and plan from scratch', ...scale, ms: scratch.ms, changes: scratch.pass.changes })
  print({
    what: 'desired and plan for one changed node',
    ...scale,
    ms: change.ms,
    recordsDerived: change.pass.records,
    changes: change.pass.changes,
    shareOfScratch: change.ms / scratch.ms,
    shareOfRecords: change.pass.records / RECORDS,
    ratioToTenthOfTheSize: change.ms / tenth.change.ms,
  })
}

function measureValidation(): void {
  const objects = listRecords(RECORDS).map(({ metadata: { name }, spec: { hostnames, targets } }) => ({
    apiVersion: 'dns.stoa.dev/v1alpha1',
    kind: 'DynamicDNSRecord',
    metadata: { name, namespace: 'web' },
    spec: { hostnames, targets, healthCheck: { httpGet: { path: '/health', port: 80 } } },
  }))
  const before = performance.now()
  const valid = objects.filter((object) => parseObject(object).kind === 'ok').length
  const ms = performance.now() - before
  if (valid !== RECORDS) throw new Error(`only ${valid} of ${RECORDS} objects are valid`)
  print({ what: 'validation', objects: RECORDS, ms, microsecondsPerObject: (ms * 1000) / RECORDS })
}

function print(figures: Readonly<Record<string, string | number>>): void {
  const rounded = Object.entries(figures).map(([key, value]) => [
    key,
    typeof value === 'number' ? Number(value.toPrecision(3)) : value,
  ])
  console.log(JSON.stringify({ bench: 'core', ...Object.fromEntries(rounded) }))
}

measureCore()
measureValidation()
