// What Route 53's errors mean for us.
import { findProxyError } from '../../egress/open-tunnel.ts'
import { adviseOnFailure, describeFailure } from '../../model/describe-failure.ts'
import { TerminalError, TransientError, WaitingError, ReconcileError } from '../../model/errors.ts'
import { LostAnswerError, NotSentError } from '../http/http-client.ts'

/** The buckets refill ten calls a second; whoever else uses the account empties them too. */
const THROTTLED_MS = 2_000
const BUSY_MS = 1_000

const THROTTLED: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
])
const EXPIRED: ReadonlySet<string> = new Set(['ExpiredToken', 'ExpiredTokenException'])
const UNSIGNED: ReadonlySet<string> = new Set([
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
])
const DENIED: ReadonlySet<string> = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'])
const NO_CREDENTIALS: ReadonlySet<string> = new Set(['CredentialsProviderError', 'TokenProviderError'])
const STALE = /but it already exists|but it was not found|do not match the current values/

/** The credentials had their day; the SDK's chain may have newer ones. */
export class ExpiredTokenError extends TerminalError {}

/** The credentials are good, and do not reach this. */
export class AccessDeniedError extends TerminalError {}

/** The zone is being written; nothing is wrong with the account's rate. */
export class BusyZoneError extends WaitingError {}

/** What the SDK throws. */
interface Thrown {
  readonly name: string
  readonly message: string
  readonly status: number | undefined
  readonly messages: readonly string[]
}

export function classify(error: unknown, about: string, timeoutMs: number): ReconcileError {
  // From the credentials of a role.
  if (error instanceof ReconcileError) return error
  const refusal = findProxyError(error)
  if (refusal !== undefined) {
    const message = `Route 53 cannot be reached: ${refusal.message}`
    return new NotSentError('ProviderUnavailable', message, { cause: error })
  }
  const thrown = describeThrown(error)
  const { name, status, message } = thrown
  if (NO_CREDENTIALS.has(name)) {
    // Not terminal: a pod's identity may arrive after the pod, and a metadata service may be slow.
    return new TransientError(
      'CredentialsInvalid',
      'no AWS credentials were found; name a Secret in credentialsSecretRef, or give the pod a role',
    )
  }
  // A success that cannot be read is as good as none: it may have been done.
  if (status === undefined || status < 400) {
    return new LostAnswerError('ProviderUnavailable', `Route 53 did not answer (${failureOf(error, timeoutMs)})`, {
      cause: error,
    })
  }
  const refused =
    classifyThrottle(thrown, about) ?? classifyKeys(thrown) ?? classifyRights(thrown) ?? classifyContent(thrown, about)
  if (refused !== undefined) return refused
  if (status >= 500)
    return new TransientError('ProviderUnavailable', `Route 53 answered with a server error (${status})`)
  return new TerminalError('ProviderRefused', `Route 53 refused the request (${name}): ${message}`)
}

function classifyThrottle({ name, status }: Thrown, about: string): ReconcileError | undefined {
  if (name === 'PriorRequestNotComplete')
    return new BusyZoneError('RateLimited', `Route 53 is still carrying out the last change of ${about}`, BUSY_MS)
  return classifyRate('Route 53', { name, status })
}

/** Amazon throttles with a 400. */
export function classifyRate(
  service: string,
  { name, status }: Pick<Thrown, 'name' | 'status'>,
): ReconcileError | undefined {
  return THROTTLED.has(name) || status === 429
    ? new WaitingError('RateLimited', `${service} limits the rate of requests of this account`, THROTTLED_MS)
    : undefined
}

/** What is wrong with the keys or the signature, at any of Amazon's services. */
export function classifyKeys({ name, message }: Pick<Thrown, 'name' | 'message'>): ReconcileError | undefined {
  if (EXPIRED.has(name)) {
    return new ExpiredTokenError('CredentialsInvalid', 'the AWS session token has expired; renew the credentials')
  }
  // Amazon tells a clock that is off by the words only. The SDK corrects for it with the next request of its own.
  if (name === 'RequestTimeTooSkewed' || /signature expired|signature not yet current/i.test(message)) {
    return new TransientError('ClockSkew', 'AWS refused the time of the signature; check the clock of this machine')
  }
  if (!UNSIGNED.has(name)) return undefined
  return new TerminalError(
    'CredentialsInvalid',
    `AWS refused the access key (${name}); check accessKeyID and secretAccessKey in the Secret`,
  )
}

function classifyRights({ name, message }: Thrown): ReconcileError | undefined {
  if (!DENIED.has(name)) return undefined
  return new AccessDeniedError(
    'CredentialsInvalid',
    `AWS denied access: ${message || 'grant the rights the docs list'}`,
  )
}

function classifyContent({ name, messages }: Thrown, about: string): ReconcileError | undefined {
  if (name === 'NoSuchHostedZone') {
    return new TerminalError(
      'ZoneNotFound',
      `Route 53 has no hosted zone for ${about}; check spec.zones and spec.route53.zoneIDs`,
    )
  }
  if (name !== 'InvalidChangeBatch') return undefined
  const said = messages.join('; ')
  return messages.some((text) => STALE.test(text))
    ? new TransientError('Outdated', `Route 53: ${about} is no longer what it was when it was read`)
    : new TerminalError('ProviderRefused', `Route 53 refused the change: ${said}`)
}

function describeThrown(error: unknown): Thrown {
  if (!(error instanceof Error)) return { name: '', message: String(error), status: undefined, messages: [] }
  const { name, message } = error
  const messages = messagesOf(error)
  // The SDK does not know the form of this error that the API's documentation shows.
  const isBatchError = messages !== undefined && name === 'Unknown'
  return {
    name: isBatchError ? 'InvalidChangeBatch' : name,
    message,
    status: statusOf(error),
    messages: messages ?? [message],
  }
}

/** What is wrong with a batch may come as a list, which the SDK parses but puts elsewhere than it says. */
function messagesOf(error: Error): readonly string[] | undefined {
  const list: unknown = 'Messages' in error ? error.Messages : undefined
  if (typeof list !== 'object' || list === null || !('Message' in list)) return undefined
  const texts: readonly unknown[] = Array.isArray(list.Message) ? list.Message : [list.Message]
  return texts.filter((text) => typeof text === 'string')
}

/** Of the answer itself, where it could not even be parsed. */
function statusOf(error: Error): number | undefined {
  const places = [
    '$metadata' in error ? error.$metadata : undefined,
    '$response' in error ? error.$response : undefined,
  ]
  for (const place of places) {
    if (typeof place !== 'object' || place === null) continue
    const status =
      'httpStatusCode' in place ? place.httpStatusCode : 'statusCode' in place ? place.statusCode : undefined
    if (typeof status === 'number') return status
  }
  return undefined
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

/** Short and without addresses, since it ends up in conditions that must not change from try to try. */
function failureOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return describeFailure(error)
  // To the SDK a connection that broke is a timeout, too.
  if ('code' in error && typeof error.code === 'string') return adviseOnFailure(error)
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${timeoutMs / 1000} s`
  return firstLine(error.message)
}
