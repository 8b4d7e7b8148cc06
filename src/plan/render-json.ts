import type { Refusal } from '../model/intent.ts'
import type { Owner, RecordKey, ResourceRef, StoredSet } from '../model/record-set.ts'
import { describeChange } from './describe-change.ts'
import { hashPlans } from './hash-plan.ts'
import { summarizeReport, type Approval, type PlanReport, type PlanSummary } from './plan-report.ts'
import type { Change, Plan } from './plan.ts'

/** For programs: docs/spec/plan.md describes every field. What is absent is null, so that the shape never varies. */
export function renderPlanJson(report: PlanReport): string {
  return `${JSON.stringify(planToJson(report), undefined, 2)}\n`
}

interface PlanJson {
  readonly version: 1
  readonly hash: string
  readonly summary: PlanSummary
  readonly zones: readonly ZoneJson[]
  readonly refusals: readonly RefusalJson[]
  readonly approvals: readonly Approval[]
  readonly unknown: readonly string[]
  readonly warnings: readonly string[]
}

type ZoneJson = ReturnType<typeof zoneToJson>

type RefusalJson = ReturnType<typeof refusalToJson>

function planToJson(report: PlanReport): PlanJson {
  const { plans, refusals, approvals, unknown, warnings } = report
  return {
    version: 1,
    hash: hashPlans(plans),
    summary: summarizeReport(report),
    zones: plans.map(zoneToJson),
    refusals: refusals.map(refusalToJson),
    approvals,
    unknown,
    warnings,
  }
}

function zoneToJson({ zone, changes, refusals, holds, notes, unchanged }: Plan) {
  return {
    provider: zone.provider,
    zone: zone.zone,
    unchanged,
    changes: changes.map(changeToJson),
    refusals: refusals.map(refusalToJson),
    holds: holds.map(({ key, resource, reason, message }) => {
      return { name: key.name, ...keyToJson(key), resource: resourceToJson(resource), reason, message }
    }),
    notes: notes.map(({ key, resource, message }) => {
      return { name: key.name, ...keyToJson(key), resource: resourceToJson(resource), message }
    }),
  }
}

function refusalToJson({ name, key, resource, reason, message }: Refusal) {
  return { name, ...keyToJson(key), resource: resourceToJson(resource), reason, message }
}

function changeToJson(change: Change) {
  return {
    action: change.kind,
    name: change.key.name,
    ...keyToJson(change.key),
    resource: resourceToJson(change.resource),
    previous: change.kind === 'create' ? null : setToJson(change.previous),
    next: change.kind === 'delete' ? null : setToJson(change.next),
    summary: describeChange(change),
  }
}

function keyToJson(key: RecordKey | undefined) {
  return { type: key?.type ?? null, setId: key?.setId ?? null }
}

function resourceToJson({ namespace, name }: ResourceRef) {
  return { namespace, name }
}

function setToJson({ values, ttl, routing, options }: StoredSet) {
  return {
    values: values.map(({ value, owner }) => ({ value, owner: owner === undefined ? null : ownerToJson(owner) })),
    ttl,
    routing: routing ?? null,
    options: options ?? null,
  }
}

function ownerToJson({ id, uid, resource, adopted }: Owner) {
  return { id, uid: uid ?? null, resource, adopted }
}
