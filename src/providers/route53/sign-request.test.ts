import { describe, expect, it } from 'vitest'
import { signRequest } from './sign-request.ts'

describe('a signed request', () => {
  const request = {
    host: 'iam.amazonaws.com',
    query: { Version: '2010-05-08', Action: 'ListUsers' },
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    region: 'us-east-1',
    service: 'iam',
    date: new Date('2015-08-30T12:36:00Z'),
  }
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

  it('has the signature of the example that Amazon’s documentation works through', () => {
    expect(signRequest(request, credentials)['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
        'SignedHeaders=content-type;host;x-amz-date, ' +
        'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    )
  })

  it('carries and signs a session token', () => {
    const headers = signRequest(request, { ...credentials, sessionToken: 'session' })
    expect(headers['x-amz-security-token']).toBe('session')
    expect(headers['authorization']).toContain('content-type;host;x-amz-date;x-amz-security-token')
  })
})
