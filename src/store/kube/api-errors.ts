// What an answer of the apiserver that is no success means for us, in the words of the model.
import { isObject } from '../../api/is-object.ts'
import { ReconcileError, TerminalError, TransientError, WaitingError } from '../../model/errors.ts'
import { printable } from '../../model/text.ts'
import { describeAction, readAction } from './api-path.ts'

export interface FailedAnswer {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly retryAfter: string | undefined
  readonly json: unknown
}

const DEFAULT_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 300_000
const MAX_WORDS = 400

export function errorFromAnswer(answer: FailedAnswer): ReconcileError {
  const { method, path, status } = answer
  const action = describeAction(method, path)
  const words = readWords(answer.json)
  switch (status) {
    case 401:
      return new TransientError(
        'Unauthorized',
        `cannot ${action}: the Kubernetes API does not accept our credentials: ${REMEDY_401}`,
      )
    case 403:
      return errorFrom403(answer, action)
    case 404:
      return new TransientError('NotFound', `cannot ${action}: there is no such thing${words}`)
    case 409:
      return new TransientError('Conflict', `cannot ${action}: it is another version by now${words}`)
    case 410:
      return new TransientError('Expired', `cannot ${action}: the version asked for is too old`)
    case 400:
    case 413:
    case 422:
      return new TerminalError('ApiRefused', `the Kubernetes API refuses to ${action}${words}`)
    case 429:
      return new WaitingError(
        'RateLimited',
        `the Kubernetes API asks for fewer requests; cannot ${action} now`,
        readRetryAfter(answer.retryAfter),
      )
    default:
      return new TransientError('ApiUnavailable', `the Kubernetes API answered ${status} to ${action}${words}`)
  }
}

/** A connection that could not be made, broke, or was silent for too long. */
export function errorFromFailure(method: string, path: string, cause: unknown): ReconcileError {
  if (cause instanceof ReconcileError) return cause
  const text = printable(cause instanceof Error ? cause.message || cause.name : String(cause))
  return new TransientError('ApiUnavailable', `cannot ${describeAction(method, path)}: ${text}`, { cause })
}

/** Whether an error has one of the reasons given above. */
export function hasReason(error: unknown, reason: string): boolean {
  return error instanceof ReconcileError && error.reason === reason
}

const REMEDY_401 = 'renew the kubeconfig, or see that the token of the service account is mounted and not expired'

/** A right that is missing, or a plugin, quota or webhook that does not admit what the rights would allow. */
function errorFrom403(answer: FailedAnswer, action: string): ReconcileError {
  const { json } = answer
  if (hasCause(json, 'NamespaceTerminating')) {
    return new TransientError('NamespaceTerminating', `cannot ${action}: the namespace is being deleted`)
  }
  const message = messageOf(json)
  if (message === '' || DENIED_BY_RIGHTS.test(message)) {
    return new TransientError('Forbidden', `the Kubernetes API does not let us ${action}: ${describeRight(answer)}`)
  }
  return new TransientError('NotAdmitted', `the Kubernetes API does not let us ${action}${readWords(json)}`)
}

/** As every authorizer is quoted. */
const DENIED_BY_RIGHTS = /\bUser "[^"]*" cannot /

function hasCause(json: unknown, reason: string): boolean {
  const details = isObject(json) ? json['details'] : undefined
  const causes = isObject(details) ? details['causes'] : undefined
  return Array.isArray(causes) && causes.some((cause: unknown) => isObject(cause) && cause['reason'] === reason)
}

/** Whose right it is depends on who runs this: the controller, or a person with a command. The apiserver says it. */
function describeRight({ method, path, json }: FailedAnswer): string {
  const action = readAction(method, path)
  if (action === undefined) return 'ask for the right'
  const { verb, resource, group, namespace } = action
  const role = namespace === undefined ? 'a ClusterRole' : `a Role in namespace ${namespace} or a ClusterRole`
  const user = /\bUser "([^"]+)"/.exec(messageOf(json))?.[1]
  const whom = user === undefined ? 'the user that asks' : `user "${printable(user.slice(0, MAX_WORDS))}"`
  return `grant the verb "${verb}" on "${resource}" in API group "${group}" with ${role} bound to ${whom}`
}

/** The apiserver's own explanation, where it gives one. */
function readWords(json: unknown): string {
  const message = messageOf(json)
  if (message === '') return ''
  return `: ${printable(message.length > MAX_WORDS ? `${message.slice(0, MAX_WORDS)}…` : message)}`
}

function messageOf(json: unknown): string {
  const message = isObject(json) ? json['message'] : undefined
  return typeof message === 'string' ? message : ''
}

/** The apiserver gives seconds. */
export function readRetryAfter(text: string | undefined): number {
  const seconds = Number(text)
  if (text === undefined || !Number.isFinite(seconds) || seconds <= 0) return DEFAULT_RETRY_AFTER_MS
  return Math.min(seconds * 1000, MAX_RETRY_AFTER_MS)
}
