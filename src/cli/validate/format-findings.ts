// Findings as text, as JSON, and as the workflow commands that GitHub shows beside the changed lines.
import { countOf } from '../../model/text.ts'
import { describeObject, type Finding } from './finding.ts'

export const OUTPUT_FORMATS = ['text', 'json', 'github'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

export interface Summary {
  readonly files: number
  readonly objects: number
  /** Documents that are none of our kinds. */
  readonly ignored: number
  readonly errors: number
  readonly warnings: number
}

export function formatFindings(findings: readonly Finding[], summary: Summary, format: OutputFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ findings, summary }, undefined, 2)}\n`
    case 'github':
      return findings.map(formatForGitHub).join('')
    case 'text':
      return findings.map(formatAsText).join('')
  }
}

export function describeSummary({ files, objects, errors, warnings }: Summary): string {
  const findings = [
    ...(errors > 0 ? [countOf(errors, 'error')] : []),
    ...(warnings > 0 ? [countOf(warnings, 'warning')] : []),
  ]
  const result = findings.length === 0 ? 'no findings' : findings.join(', ')
  return `checked ${countOf(objects, 'object')} in ${countOf(files, 'file')}: ${result}`
}

function formatAsText(finding: Finding): string {
  const place = [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(':')
  return `${place === '' ? '' : `${place}: `}${finding.severity}: ${describeFinding(finding)}\n`
}

/** The message behind the object and the field it is about. */
function describeFinding({ object, field = '', message }: Finding): string {
  const about = [object === undefined ? '' : describeObject(object), field].filter((part) => part !== '')
  // Messages of CEL rules begin with the field, because kubectl shows them without a path.
  const name = /([\w-]+)(?:\[[^\]]*\])*$/.exec(field)?.[1]
  const rest = name !== undefined && message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message
  return about.length === 0 ? rest : `${about.join(' ')}: ${rest}`
}

function formatForGitHub(finding: Finding): string {
  const properties = [
    ...(finding.file === undefined ? [] : [`file=${escapeProperty(finding.file)}`]),
    ...(finding.line === undefined ? [] : [`line=${finding.line}`]),
    ...(finding.column === undefined ? [] : [`col=${finding.column}`]),
    `title=${escapeProperty(`stoa: ${finding.rule}`)}`,
  ]
  return `::${finding.severity} ${properties.join(',')}::${escapeData(describeFinding(finding))}\n`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
