import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { adviseOnFailure, describeFailure } from './describe-failure.ts'

const withCode = (code: string, more = {}): Error => Object.assign(new Error('at 192.0.2.1:443'), { code, ...more })

describe('a failure of the network', () => {
  it.each<[unknown, string]>([
    [withCode('ECONNREFUSED'), 'connection refused'],
    [withCode('ECONNRESET', { syscall: 'read' }), 'connection reset'],
    [withCode('ECONNRESET'), 'connection closed early'],
    [new errors.SocketError('other side closed'), 'connection closed early'],
    [new errors.ConnectTimeoutError('attempted 192.0.2.1:443'), 'no connection in time'],
    [new errors.HeadersTimeoutError(), 'no answer in time'],
    [new errors.BodyTimeoutError(), 'the answer stopped half-way'],
    [withCode('ENOTFOUND'), 'there is no such name'],
    [withCode('HPE_INVALID_CONSTANT'), 'not an HTTP answer'],
    [withCode('CERT_HAS_EXPIRED'), 'certificate not accepted (CERT_HAS_EXPIRED)'],
    [withCode('ESOMETHING'), 'ESOMETHING'],
    [new Error('the answer is larger than 64 MiB'), 'the answer is larger than 64 MiB'],
    ['no error', 'unknown failure'],
  ])('%o reads %j', (error, words) => {
    expect(describeFailure(error)).toBe(words)
  })

  it.each<[unknown, string]>([
    [withCode('ECONNREFUSED'), 'connection refused; see that it runs, and check the address and the port'],
    [
      withCode('DEPTH_ZERO_SELF_SIGNED_CERT'),
      'certificate not accepted (DEPTH_ZERO_SELF_SIGNED_CERT); name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS',
    ],
    [withCode('CERT_HAS_EXPIRED'), 'certificate not accepted (CERT_HAS_EXPIRED); renew it there'],
    [withCode('EPERM'), 'not permitted by this machine'],
  ])('%o has the remedy behind it, where there is one: %j', (error, text) => {
    expect(adviseOnFailure(error)).toBe(text)
  })
})
