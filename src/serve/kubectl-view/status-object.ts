// Refusals in the form that kubectl understands: a Status object.
import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../answer.ts'
import { resourceNameOf, type ViewDefinition } from './view-kinds.ts'

export interface Refusal {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

export function statusObject({ code, reason, message, details = {} }: Refusal): unknown {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code }
}

export function refuse(refusal: Refusal): Answer {
  return jsonAnswer(refusal.code, statusObject(refusal))
}

export function refuseMissing(definition: ViewDefinition, name: string): Answer {
  const details = { name, group: definition.group, kind: definition.plural }
  const message = `${resourceNameOf(definition)} "${name}" not found`
  return refuse({ code: 404, reason: 'NotFound', message, details })
}
