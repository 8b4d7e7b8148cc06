// Amazon's Signature Version 4 for a GET without a body: all that is needed to assume a role, for which the SDK wants another package.
import { createHash, createHmac } from 'node:crypto'
import type { AwsCredentials } from './route53-client.ts'

export interface UnsignedRequest {
  readonly host: string
  /** The path is `/`. */
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly region: string
  readonly service: string
  readonly date: Date
}

/** The headers to send, the signature among them. */
export function signRequest(request: UnsignedRequest, credentials: AwsCredentials): Readonly<Record<string, string>> {
  const time = request.date.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = [time.slice(0, 8), request.region, request.service, 'aws4_request']
  const headers = {
    ...request.headers,
    'x-amz-date': time,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  }
  const signed = Object.entries({ ...headers, host: request.host }).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = ['GET', '/', formatQuery(request.query), lines, names, sha256('')].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${credentials.secretAccessKey}`)
  const credential = `${credentials.accessKeyId}/${scope.join('/')}`
  const signature = hmac(key, text).toString('hex')
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

function formatQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return pairs.sort().join('&')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
