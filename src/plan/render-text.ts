import { describeKey, describeResource } from '../model/record-set.ts'
import { printable } from '../model/text.ts'
import { describeChange } from './describe-change.ts'
import type { Refusal } from '../model/intent.ts'
import { describeSummary, listWarnings, type Approval, type PlanReport } from './plan-report.ts'
import type { Change, Plan } from './plan.ts'

/** How the parts of a plan stand out; a terminal hands in colours. */
export interface TextStyle {
  readonly heading: (text: string) => string
  readonly create: (text: string) => string
  readonly update: (text: string) => string
  readonly delete: (text: string) => string
  readonly release: (text: string) => string
  readonly warning: (text: string) => string
  readonly faint: (text: string) => string
}

const plain = (text: string): string => text

export const PLAIN_STYLE: TextStyle = {
  heading: plain,
  create: plain,
  update: plain,
  delete: plain,
  release: plain,
  warning: plain,
  faint: plain,
}

const SIGNS: Readonly<Record<Change['kind'], string>> = { create: '+', update: '~', delete: '-', release: '<' }

/** For a terminal. Zones with nothing to say are left out; the last line always says what the plan comes to. */
export function renderPlanText(report: PlanReport, style: TextStyle = PLAIN_STYLE): string {
  const zones = report.plans
    .map((plan) => ({ plan, lines: linesOf(plan, style) }))
    .filter(({ lines }) => lines.length > 0)
  const refusals = report.refusals.map((refusal) => refusalLine(refusal, style))
  const warnings = report.warnings.map((warning) => style.warning(`! ${printable(warning)}`))
  const approvals = report.approvals.map((approval) => approvalLine(approval))
  const blocks = [
    ...zones.map(({ plan, lines }) => [style.heading(headingOf(plan)), ...lines.map((line) => `  ${line}`)].join('\n')),
    ...[refusals, warnings, approvals].filter((lines) => lines.length > 0).map((lines) => lines.join('\n')),
    style.heading(`plan: ${describeSummary(report)}`),
  ]
  return `${blocks.join('\n\n')}\n`
}

function headingOf({ zone }: Plan): string {
  return `zone ${zone.zone} at ${zone.provider}`
}

function linesOf(plan: Plan, style: TextStyle): readonly string[] {
  return [
    ...plan.changes.map((change) => style[change.kind](`${SIGNS[change.kind]} ${describeChange(change)}`)),
    ...plan.refusals.map((refusal) => refusalLine(refusal, style)),
    ...plan.holds.map(({ key, message, reason }) => {
      return style.faint(`= held ${describeKey(key)}: ${printable(message)} (${reason})`)
    }),
    ...listWarnings({ plans: [plan], warnings: [] }).map((note) => style.faint(`i ${printable(note)}`)),
  ]
}

function refusalLine({ resource, reason, message }: Refusal, style: TextStyle): string {
  return style.warning(`! refused for ${describeResource(resource)}: ${printable(message)} (${reason})`)
}

function approvalLine({ kind, ref, message, hash }: Approval): string {
  return `? ${kind} ${ref}: ${printable(message)}; to go on, annotate it with dns.stoa.dev/approve: ${hash}`
}
