import { describe, expect, it } from 'vitest'
import { parseWatchEvent } from './watch-event.ts'

const parse = (event: unknown): unknown => parseWatchEvent(JSON.stringify(event), '/api/v1/nodes')
const object = { metadata: { name: 'a', resourceVersion: '7' } }
const status = (fields: object): object => ({ type: 'ERROR', object: { kind: 'Status', ...fields } })

describe('a line of a watch', () => {
  it.each([
    ['something new', { type: 'ADDED', object }, { kind: 'put', object, version: '7' }],
    ['something changed', { type: 'MODIFIED', object }, { kind: 'put', object, version: '7' }],
    ['something gone', { type: 'DELETED', object }, { kind: 'remove', object, version: '7' }],
    ['a bookmark', { type: 'BOOKMARK', object }, { kind: 'bookmark', version: '7' }],
  ])('tells of %s', (_name, event, expected) => expect(parse(event)).toEqual(expected))

  it.each([
    ['a version that is too old', status({ code: 410, reason: 'Expired' }), 'Expired'],
    ['the same with a reason alone', status({ reason: 'Gone' }), 'Expired'],
    ['throttling', status({ code: 429, details: { retryAfterSeconds: 5 } }), 'RateLimited'],
    ['a failure', status({ code: 500, message: 'etcd is away' }), 'ApiUnavailable'],
    ['a failure that does not say which', { type: 'ERROR' }, 'ApiUnavailable'],
    ['an event nobody knows', { type: 'SURPRISE', object }, 'ApiUnavailable'],
    ['an inherited word', { type: 'constructor', object }, 'ApiUnavailable'],
    ['an object without a version', { type: 'ADDED', object: { metadata: {} } }, 'ApiUnavailable'],
    ['no object at all', 7, 'ApiUnavailable'],
  ])('tells of %s', (_name, event, reason) => expect(parse(event)).toMatchObject({ kind: 'error', error: { reason } }))

  it('may be no JSON, and is then told of in words that are the same for every watch', () => {
    const path = '/api/v1/namespaces/web/secrets?watch=1&resourceVersion=7&timeoutSeconds=287'
    expect(parseWatchEvent('<html>', path)).toMatchObject({
      kind: 'error',
      error: { message: 'cannot watch secrets in namespace web: the answer has a line that is no event' },
    })
  })
})
