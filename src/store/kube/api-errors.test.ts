import { describe, expect, it } from 'vitest'
import { errorFromAnswer, readRetryAfter } from './api-errors.ts'

const path = '/apis/dns.stoa.dev/v1alpha1/namespaces/web/nodepools'

describe('an answer that is no success', () => {
  it.each([
    [400, 'terminal', 'ApiRefused', /refuses to list nodepools\.dns\.stoa\.dev in namespace web: spelled wrong$/],
    [401, 'transient', 'Unauthorized', /does not accept our credentials: renew the kubeconfig/],
    [
      403,
      'transient',
      'NotAdmitted',
      /does not let us list nodepools\.dns\.stoa\.dev in namespace web: spelled wrong$/,
    ],
    [404, 'transient', 'NotFound', /there is no such thing/],
    [409, 'transient', 'Conflict', /another version by now/],
    [410, 'transient', 'Expired', /too old/],
    [422, 'terminal', 'ApiRefused', /spelled wrong/],
    [429, 'waiting', 'RateLimited', /fewer requests/],
    [500, 'transient', 'ApiUnavailable', /answered 500 to list nodepools/],
    [503, 'transient', 'ApiUnavailable', /answered 503/],
  ])('%i is %s: %s', (status, kind, reason, message) => {
    const json = { kind: 'Status', message: 'spelled wrong' }
    const error = errorFromAnswer({ method: 'GET', path, status, retryAfter: '3', json })
    expect(error).toMatchObject({ kind, reason, message: expect.stringMatching(message) as string })
    if (status === 429) expect(error).toMatchObject({ retryAfterMs: 3000 })
  })

  it('shows foreign words cut short and without what would disturb a terminal', () => {
    const json = { message: `\u001b[2J${'x'.repeat(5000)}` }
    const { message } = errorFromAnswer({ method: 'GET', path, status: 422, retryAfter: undefined, json })
    expect(message).not.toContain('\u001b')
    expect(message.length).toBeLessThan(600)
  })

  it('names the user whose right is missing, as the apiserver does', () => {
    const answer = { method: 'GET', path, status: 403, retryAfter: undefined }
    const json = { message: 'nodepools.dns.stoa.dev is forbidden: User "jane" cannot list resource "nodepools"' }
    const error = errorFromAnswer({ ...answer, json })
    expect(error).toMatchObject({ kind: 'transient', reason: 'Forbidden' })
    expect(error.message).toMatch(/grant the verb "list" on "nodepools" in API group "dns\.stoa\.dev" with a Role in/)
    expect(error.message).toMatch(/ or a ClusterRole bound to user "jane"$/)
    expect(errorFromAnswer({ ...answer, json: {} }).message).toMatch(/ bound to the user that asks$/)
  })

  it('does not ask for a right where a namespace is being deleted', () => {
    const message =
      'configmaps "ip" is forbidden: unable to create new content in namespace web because it is being terminated'
    const causes = [
      { reason: 'NamespaceTerminating', message: 'namespace web is being terminated', field: 'metadata.namespace' },
    ]
    const json = { kind: 'Status', message, details: { causes } }
    const error = errorFromAnswer({ method: 'POST', path, status: 403, retryAfter: undefined, json })
    expect(error).toMatchObject({ kind: 'transient', reason: 'NamespaceTerminating' })
    expect(error.message).toMatch(/^cannot create nodepools.* in namespace web: the namespace is being deleted$/)
  })

  it.each([
    [undefined, 1000],
    ['7', 7000],
    ['0', 1000],
    ['-1', 1000],
    ['soon', 1000],
    ['86400', 300_000],
  ])('with Retry-After %s waits %i ms', (text, expected) => expect(readRetryAfter(text)).toBe(expected))
})
