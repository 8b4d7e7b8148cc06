// A detection for people and for programs.
import { countOf, printable } from '../../model/text.ts'
import type { Detection, SourceOutcome, SourceResult } from '../../observe/wan/detection.ts'
import { countOperators, listAgreeing } from '../../observe/wan/judge-quorum.ts'
import type { NatConcern } from '../../observe/wan/nat-concern.ts'

const HEADINGS = ['SOURCE', 'TRANSPORT', 'ANSWER', 'TIME']
const RANK: Readonly<Record<SourceResult['kind'], number>> = { answered: 0, refused: 1, failed: 2, unneeded: 3 }

/** A table of what each source said, and the verdict below. */
export function formatDetection(detection: Detection): string {
  const outcomes = [...detection.answers].sort(
    (a, b) => RANK[a.result.kind] - RANK[b.result.kind] || a.elapsedMs - b.elapsedMs,
  )
  const table = outcomes.length === 0 ? '' : `${formatTable([HEADINGS, ...outcomes.map(formatRow)])}\n\n`
  return `${table}${formatVerdict(detection)}\n`
}

/** One line: the address and who agrees, or why there is none. */
export function formatVerdict(detection: Detection): string {
  const { family } = detection
  if (detection.kind === 'unknown') return `${family}: unknown (${detection.reason}): ${printable(detection.summary)}`
  const agreeing = listAgreeing(detection.answers, detection.address)
  const operators = countOperators(agreeing)
  const tls = agreeing.some(({ authenticated }) => authenticated) ? ', over TLS too' : ''
  return `${family}: ${detection.address} (${countOf(operators, 'operator')} ${operators === 1 ? 'says so' : 'agree'}${tls})`
}

/** Stable: fields may be added, none changes its meaning. */
export function toJson(detection: Detection, concern: NatConcern | undefined): object {
  const sources = detection.answers.map(({ source, result, elapsedMs }) => ({
    name: source.name,
    transport: source.transport,
    operator: source.operator,
    authenticated: source.authenticated,
    result: result.kind,
    ...(result.kind === 'answered' ? { addresses: result.addresses } : {}),
    ...('message' in result ? { message: result.message } : {}),
    milliseconds: Math.round(elapsedMs),
  }))
  if (detection.kind === 'unknown') {
    return {
      family: detection.family,
      result: 'unknown',
      reason: detection.reason,
      message: detection.message,
      sources,
    }
  }
  return {
    family: detection.family,
    result: 'known',
    address: detection.address,
    agreeing: listAgreeing(detection.answers, detection.address).map(({ name }) => name),
    ...(concern === undefined ? {} : { concern }),
    sources,
  }
}

function formatRow({ source, result, elapsedMs }: SourceOutcome): readonly string[] {
  const time = result.kind === 'unneeded' ? '' : `${Math.round(elapsedMs)} ms`
  return [printable(source.name), source.transport, printable(formatResult(result)), time]
}

function formatResult(result: SourceResult): string {
  switch (result.kind) {
    case 'answered':
      return result.addresses.join(' ')
    case 'refused':
      return `refused: ${result.message}`
    case 'failed':
      return `failed: ${result.message}`
    case 'unneeded':
      return 'not needed'
  }
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
