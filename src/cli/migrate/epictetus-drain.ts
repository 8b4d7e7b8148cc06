// When a node leaves DNS. The promise of Epictetus is kept: with only one of cluster-autoscaler's two taints a node stays in, and
// nothing else takes it out unless that was written down.
import { describeElsewhere, type GivenEnvironment, type Variable } from './given-environment.ts'
import type { Migration } from './migration.ts'
import { uniqueName } from './object-name.ts'

interface Drain {
  readonly rules: readonly { readonly name: string; readonly allTaints: readonly string[] }[]
  readonly notReady: object
  readonly unreachable: object
  readonly cordoned?: object
}

const BOTH_TAINTS = {
  name: 'cluster-autoscaler',
  allTaints: ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler'],
}
const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const CRITICAL = [
  ...[NOT_READY, UNREACHABLE],
  ...['node.kubernetes.io/network-unavailable', 'node.kubernetes.io/out-of-service', 'node.cilium.io/agent-not-ready'],
]
/** These three have settings of their own in a NodePool, with brakes that a rule on a taint does not have. */
const WITH_SETTINGS = [NOT_READY, UNREACHABLE, UNSCHEDULABLE]
const REMOVE_AT_ONCE = { action: 'Remove', graceSeconds: 0 }
const KEEP = { action: 'Keep' }
const MOST_RULES = 16
export const DRAIN_SETTINGS = ['UNHEALTHY_NODE_TAINTS', 'REMOVE_ON_NOT_READY', 'REMOVE_ON_UNREACHABLE']

export function buildDrain(settings: GivenEnvironment, migration: Migration): Drain {
  for (const name of DRAIN_SETTINGS) {
    const { value, place } = settings.get(name) ?? { value: '' }
    if (value === undefined && place !== undefined) migration.refuse(place, describeElsewhere(name))
  }
  const taints = readTaints(settings.get('UNHEALTHY_NODE_TAINTS'), migration)
  const removesNotReady = isTrue(settings.get('REMOVE_ON_NOT_READY')) || taints.includes(NOT_READY)
  const removesUnreachable = isTrue(settings.get('REMOVE_ON_UNREACHABLE')) || taints.includes(UNREACHABLE)
  if (!removesNotReady && !removesUnreachable) {
    migration.note(
      'a node leaves DNS only when BOTH taints of cluster-autoscaler are there, or when it is deleted; NotReady and unreachable nodes stay ' +
        '(Keep). For what newer versions do besides, write REMOVE_ON_NOT_READY=true, REMOVE_ON_UNREACHABLE=true and ' +
        'UNHEALTHY_NODE_TAINTS into --env-file, or set drain in the NodePool',
    )
  }
  const names = new Set([BOTH_TAINTS.name])
  const others = taints.filter((taint) => !WITH_SETTINGS.includes(taint))
  return {
    rules: [
      BOTH_TAINTS,
      ...others.map((taint) => ({ name: uniqueName(nameOfRule(taint), names), allTaints: [taint] })),
    ],
    notReady: removesNotReady ? REMOVE_AT_ONCE : KEEP,
    unreachable: removesUnreachable ? REMOVE_AT_ONCE : KEEP,
    ...(taints.includes(UNSCHEDULABLE) && { cordoned: { action: 'Remove' } }),
  }
}

/** Not written counts as `none`: newer versions act on more by default, but nobody asked for it then. */
function readTaints(variable: Variable | undefined, migration: Migration): readonly string[] {
  if (variable?.value === undefined || variable.value === '') return []
  const { value, place } = variable
  const known: Readonly<Record<string, readonly string[]>> = {
    none: [],
    critical: CRITICAL,
    all: [...CRITICAL, UNSCHEDULABLE],
  }
  const word = value.toLowerCase()
  if (Object.hasOwn(known, word)) return known[word] ?? []
  if (!word.startsWith('custom:')) {
    migration.refuse(place, `UNHEALTHY_NODE_TAINTS: ${value} is none of none, critical, all and custom:taint,taint`)
    return []
  }
  const taints = [...new Set(value.slice('custom:'.length).split(','))].map((taint) => taint.trim())
  const given = taints.filter((taint) => taint !== '')
  if (given.length >= MOST_RULES) {
    migration.refuse(
      place,
      `UNHEALTHY_NODE_TAINTS lists ${given.length} taints, and a NodePool has ${MOST_RULES} rules: leave some out`,
    )
  }
  return given
}

function nameOfRule(taint: string): string {
  return taint
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)
}

function isTrue(variable: Variable | undefined): boolean {
  return variable?.value?.toLowerCase() === 'true'
}
