// Credentials of a role, from Amazon's token service.
import type { Egress } from '../../egress/egress.ts'
import { TerminalError, TransientError, type ReconcileError } from '../../model/errors.ts'
import { OPEN_GATE } from '../call-gate.ts'
import { HttpClient, type HttpAnswer } from '../http/http-client.ts'
import type { AwsCredentials } from './route53-client.ts'
import { classifyKeys, classifyRate } from './route53-errors.ts'
import { signRequest } from './sign-request.ts'

const SESSION_SECONDS = 3600

export interface RoleOptions {
  readonly roleARN: string
  readonly region: string
  /** Route 53's custom endpoint; an emulator answers for both services. */
  readonly endpoint: string | undefined
  readonly timeoutMs: number
  readonly egress?: Egress | undefined
}

export async function assumeRole(role: RoleOptions, base: AwsCredentials): Promise<AwsCredentials> {
  const endpoint = tokenServiceOf(role)
  const query = {
    Action: 'AssumeRole',
    DurationSeconds: String(SESSION_SECONDS),
    RoleArn: role.roleARN,
    RoleSessionName: 'stoa',
    Version: '2011-06-15',
  }
  const { host } = new URL(endpoint)
  const request = { host, query, headers: {}, region: role.region, service: 'sts', date: new Date() }
  // Asked once an hour, and no part of Route 53's allowance.
  const { timeoutMs, egress } = role
  const http = new HttpClient({ name: 'AWS STS', endpoint, headers: () => ({}), timeoutMs, gate: OPEN_GATE, egress })
  try {
    const headers = signRequest(request, base)
    const answer = await http.send({ method: 'GET', path: '', query, headers }, AbortSignal.timeout(timeoutMs))
    if (answer.status !== 200) throw classify(http, answer, role.roleARN)
    return readCredentials(answer.text)
  } finally {
    await http.close()
  }
}

function tokenServiceOf({ region, endpoint }: RoleOptions): string {
  const custom = endpoint !== undefined && !/\.amazonaws\.com(?:\.cn)?$/.test(new URL(endpoint).hostname)
  return custom ? endpoint : `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

function classify(http: HttpClient, answer: HttpAnswer, roleARN: string): ReconcileError {
  if (answer.status >= 500) return http.classify(answer)
  const [name, message] = [elementOf(answer.text, 'Code'), elementOf(answer.text, 'Message')]
  const refused = classifyRate('AWS STS', { name, status: answer.status }) ?? classifyKeys({ name, message })
  if (refused !== undefined) return refused
  return new TerminalError(
    'CredentialsInvalid',
    `AWS did not let the credentials assume ${roleARN} (${name}); ` +
      'allow them sts:AssumeRole, and name them in the trust policy of the role',
  )
}

function readCredentials(text: string): AwsCredentials {
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    elementOf(text, 'AccessKeyId'),
    elementOf(text, 'SecretAccessKey'),
    elementOf(text, 'SessionToken'),
    elementOf(text, 'Expiration'),
  ]
  if (accessKeyId === '' || secretAccessKey === '' || sessionToken === '' || Number.isNaN(Date.parse(expiration))) {
    throw new TransientError('ProviderUnavailable', 'AWS STS answered without credentials')
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) }
}

/** The texts we read hold nothing that XML would escape. */
function elementOf(text: string, name: string): string {
  const [, found] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text) ?? []
  return found ?? ''
}
