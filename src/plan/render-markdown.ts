import { describeKey, describeResource } from '../model/record-set.ts'
import { formatCount, printable } from '../model/text.ts'
import { describeEffect } from './describe-change.ts'
import { describeSummary, listWarnings, type PlanReport } from './plan-report.ts'
import type { Change, Plan } from './plan.ts'

/** Hosts of pull requests cut or refuse long comments. */
const MOST_LINES = 200

/** For a pull request: a summary line, a table of changes, what is refused or held, warnings. */
export function renderPlanMarkdown(report: PlanReport): string {
  const { plans } = report
  const changes = plans.flatMap((plan) => plan.changes.map((change) => rowOf(plan, change)))
  const refused = [...plans.flatMap((plan) => plan.refusals), ...report.refusals]
  const refusals = refused.map(({ resource, reason, message }) => {
    return `- **${reason}** for ${escapeMarkdown(describeResource(resource))}: ${escapeMarkdown(message)}`
  })
  const holds = plans.flatMap(({ holds }) =>
    holds.map(
      ({ key, reason, message }) =>
        `- **${escapeMarkdown(reason)}** ${code(describeKey(key))}: ${escapeMarkdown(message)}`,
    ),
  )
  const warnings = listWarnings(report).map((warning) => `- ${escapeMarkdown(warning)}`)
  const approvals = report.approvals.map(({ kind, ref, message, hash }) => {
    return `- ${kind} ${escapeMarkdown(ref)}: ${escapeMarkdown(message)}: <code>dns.stoa.dev/approve: ${escapeMarkdown(hash)}</code>`
  })
  const blocks = [
    `**DNS plan**: ${escapeMarkdown(describeSummary(report))}`,
    ...block('| | Record | Change | For | Zone |\n|---|---|---|---|---|', changes),
    ...block('**Refused**\n', refusals),
    ...block('**Held**\n', holds),
    ...block('**Warnings**\n', warnings),
    ...block('**To approve**\n', approvals),
  ]
  return `${blocks.join('\n\n')}\n`
}

/**
 * Foreign text as inert Markdown: everything that any dialect might read as markup, a link, a mention or a table's edge becomes an
 * entity, which shows as the character itself.
 */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[^A-Za-z0-9 .,;()→…\-\p{L}]/gu, (character) => `&#${String(character.codePointAt(0))};`)
    .replace(/\bwww\./gi, (found) => `${found.slice(0, 3)}&#46;`)
}

function rowOf({ zone }: Plan, change: Change): string {
  const cells = [
    change.kind,
    code(describeKey(change.key)),
    escapeMarkdown(describeEffect(change)),
    escapeMarkdown(describeResource(change.resource)),
    code(zone.zone),
  ]
  return `| ${cells.join(' | ')} |`
}

function code(text: string): string {
  return `<code>${escapeMarkdown(text)}</code>`
}

function block(heading: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return []
  const more = lines.length - MOST_LINES
  const shown = [heading, ...lines.slice(0, MOST_LINES)].join('\n')
  return more > 0 ? [shown, `… and ${formatCount(more)} more`] : [shown]
}
