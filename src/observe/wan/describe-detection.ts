// What was found out and why, in sentences that stay the same as long as the facts do.
import { countOf, listSome } from '../../model/text.ts'
import type { SourceOutcome, UnknownAddress, UnknownReason } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'

export function describeUnknown(
  reason: UnknownReason,
  spec: DetectionSpec,
  answers: readonly SourceOutcome[],
): Pick<UnknownAddress, 'summary' | 'message'> {
  const summary = summarize(reason, spec, answers)
  const isAsked = answers.some(({ result }) => result.kind !== 'unneeded')
  return { summary, message: isAsked ? `${summary}: ${answers.map(describeOutcome).sort().join('; ')}` : summary }
}

function summarize(reason: UnknownReason, spec: DetectionSpec, answers: readonly SourceOutcome[]): string {
  const { family, quorum } = spec
  switch (reason) {
    case 'NoAnswer':
      return `none of ${countOf(answers.length, 'source')} answered`
    case 'AddressRefused':
      return 'no answer is to be believed'
    case 'Conflict':
      return `different addresses have a quorum of ${quorum} each`
    case 'NotAuthenticated':
      return `${countOf(quorum, 'operator')} agree, but none of the answers came over TLS`
    case 'TooFewOperators':
      return `a quorum of ${quorum} needs as many operators, and the sources for ${family} have ${listOperators(answers)}; add sources of other operators or lower the quorum`
    case 'NoAuthenticatedSource':
      return `an authenticated answer is required, and no source for ${family} gives one; add an https URL`
    default:
      return `fewer than ${countOf(quorum, 'operator')} agree`
  }
}

function listOperators(answers: readonly SourceOutcome[]): string {
  const operators = new Set(answers.map(({ source }) => source.operator))
  return operators.size === 0 ? 'none' : `${operators.size} (${listSome([...operators].sort(), 5)})`
}

function describeOutcome({ source, result }: SourceOutcome): string {
  switch (result.kind) {
    case 'answered':
      return `${source.name} says ${result.addresses.join(' and ')}`
    case 'refused':
      return `${source.name}: ${result.message}`
    case 'failed':
      return `${source.name} failed (${result.message})`
    case 'unneeded':
      return `${source.name} was not needed`
  }
}
