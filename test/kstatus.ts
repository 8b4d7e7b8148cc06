// What Flux (kstatus) and Argo CD (our health script) make of an object, and the rules that keep both right at every moment.

export interface ObservedCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
  readonly lastTransitionTime: string
}

export interface ObservedObject {
  readonly metadata: { readonly generation: number; readonly deletionTimestamp?: string }
  readonly spec?: object
  readonly status?: {
    readonly observedGeneration?: number
    readonly conditions?: readonly ObservedCondition[]
  }
}

export type Kstatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current'
export type ArgoHealth = 'Suspended' | 'Progressing' | 'Degraded' | 'Healthy'

/** The generic rules of kstatus, in their order. */
export function computeKstatus({ metadata, status }: ObservedObject): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress'
  for (const { type, status: value } of status?.conditions ?? []) {
    if (type === 'Reconciling' && value === 'True') return 'InProgress'
    if (type === 'Stalled' && value === 'True') return 'Failed'
  }
  const ready = find(status?.conditions, 'Ready')
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress'
}

/** The order of our Argo CD health script. Argo CD itself shows Progressing while an object is being deleted. */
export function computeArgoHealth({ metadata, spec, status }: ObservedObject): ArgoHealth {
  if (metadata.deletionTimestamp !== undefined) return 'Progressing'
  if (spec !== undefined && 'suspend' in spec && spec.suspend === true) return 'Suspended'
  if ((status?.observedGeneration ?? -1) < metadata.generation) return 'Progressing'
  if (find(status?.conditions, 'Stalled')?.status === 'True') return 'Degraded'
  const ready = find(status?.conditions, 'Ready')
  if (ready === undefined || (ready.observedGeneration ?? -1) < metadata.generation) return 'Progressing'
  if (ready.status === 'True') return 'Healthy'
  const busy = ready.status === 'Unknown' || find(status?.conditions, 'Reconciling')?.status === 'True'
  return busy ? 'Progressing' : 'Degraded'
}

const ONLY_WHILE_TRUE = ['Reconciling', 'Stalled', 'Conflicted']
const UNSTABLE = /\d{4}-\d\d-\d\dT\d\d:\d\d|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\brequest[- ]?id\b/i

/** Everything that is wrong with the conditions an object shows. Empty for a conforming one. */
export function listNonconformities(object: ObservedObject): readonly string[] {
  const { status, metadata } = object
  const conditions = status?.conditions ?? []
  const isTrue = (type: string): boolean => find(conditions, type)?.status === 'True'
  const types = conditions.map(({ type }) => type)
  const claims: readonly (readonly [boolean, string])[] = [
    [new Set(types).size === types.length, 'a condition type occurs twice'],
    [types.toSorted().join() === types.join(), 'the conditions are not sorted'],
    [find(conditions, 'Ready') !== undefined, 'Ready is missing'],
    [!(isTrue('Reconciling') && isTrue('Stalled')), 'Reconciling and Stalled are both True'],
    [!(isTrue('Ready') && (isTrue('Reconciling') || isTrue('Stalled'))), 'Ready is True beside Reconciling or Stalled'],
    [
      status?.observedGeneration !== undefined && status.observedGeneration <= metadata.generation,
      'observedGeneration is missing or in the future',
    ],
  ]
  return [
    ...claims.filter(([holds]) => !holds).map(([, message]) => message),
    ...conditions.flatMap((condition) => listFlaws(condition, status?.observedGeneration)),
  ]
}

function listFlaws(condition: ObservedCondition, generation: number | undefined): readonly string[] {
  const { type, status, reason, message, observedGeneration, lastTransitionTime } = condition
  const claims: readonly (readonly [boolean, string])[] = [
    [!ONLY_WHILE_TRUE.includes(type) || status === 'True', 'is there although it is not True'],
    [/^[A-Z][A-Za-z0-9]*$/.test(reason), `has the reason ${reason}`],
    [message.length > 0 && message.length <= 1024, `has a message of ${message.length} characters`],
    [!UNSTABLE.test(message), `has an unstable message: ${message}`],
    [observedGeneration === generation, `speaks of generation ${observedGeneration ?? 'none'}`],
    [!Number.isNaN(Date.parse(lastTransitionTime)), `changed at ${lastTransitionTime}`],
  ]
  return claims.filter(([holds]) => !holds).map(([, flaw]) => `${type} ${flaw}`)
}

function find(conditions: readonly ObservedCondition[] | undefined, type: string): ObservedCondition | undefined {
  return conditions?.find((condition) => condition.type === type)
}
