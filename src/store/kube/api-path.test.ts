import { describe, expect, it } from 'vitest'
import { apiPath, describeAction, readAction } from './api-path.ts'
import { RESOURCES } from './resources.ts'

describe('a path of the Kubernetes API', () => {
  it.each([
    [apiPath(RESOURCES.Node), '/api/v1/nodes'],
    [apiPath(RESOURCES.Namespace, { name: 'kube-system' }), '/api/v1/namespaces/kube-system'],
    [apiPath(RESOURCES.NodePool, { namespace: 'web' }), '/apis/dns.stoa.dev/v1alpha1/namespaces/web/nodepools'],
    [
      apiPath(RESOURCES.NodePool, { namespace: 'web', name: 'a', subresource: 'status', query: { force: 'true' } }),
      '/apis/dns.stoa.dev/v1alpha1/namespaces/web/nodepools/a/status?force=true',
    ],
    [
      apiPath(RESOURCES.Secret, { namespace: 'web', query: { fieldSelector: 'metadata.name=a' } }),
      '/api/v1/namespaces/web/secrets?fieldSelector=metadata.name%3Da',
    ],
  ])('is %s', (path, expected) => expect(path).toBe(expected))
})

describe('a request', () => {
  it.each([
    ['GET', '/api/v1/nodes', 'list nodes'],
    ['GET', '/api/v1/nodes?watch=1', 'watch nodes'],
    ['GET', '/api/v1/namespaces', 'list namespaces'],
    ['GET', '/api/v1/namespaces/kube-system', 'get namespaces kube-system'],
    ['POST', '/api/v1/namespaces/web/configmaps', 'create configmaps in namespace web'],
    [
      'PATCH',
      '/apis/dns.stoa.dev/v1alpha1/namespaces/web/nodepools/a/status?force=true',
      'patch nodepools.dns.stoa.dev a (status) in namespace web',
    ],
    ['GET', '/version', 'GET /version'],
  ])('%s %s reads: %s', (method, path, expected) => expect(describeAction(method, path)).toBe(expected))

  it('reads as RBAC names it', () => {
    const path = '/apis/dns.stoa.dev/v1alpha1/namespaces/web/nodepools/a/status'
    const expected = { verb: 'patch', resource: 'nodepools/status', group: 'dns.stoa.dev', namespace: 'web', name: 'a' }
    expect(readAction('PATCH', path)).toEqual(expected)
  })
})
