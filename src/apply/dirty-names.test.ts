import { describe, expect, it } from 'vitest'
import type { Fqdn } from '../model/name.ts'
import { DirtyNames } from './dirty-names.ts'

const www = 'www.example.com' as Fqdn

describe('a name that is to be looked at again', () => {
  it('is so at that time, where nothing went wrong', () => {
    const dirty = new DirtyNames(() => 0.5)
    dirty.lookAgain([www], 600_000)
    expect([dirty.nextRetryAt(), dirty.take(599_999), dirty.take(600_000)]).toEqual([600_000, [], [www]])
  })

  it('does not wait longer for its next try where something did', () => {
    const dirty = new DirtyNames(() => 1)
    dirty.retry(new Map([[www, 0]]), 0)
    const retryAt = dirty.nextRetryAt()
    dirty.lookAgain([www], 600_000)
    expect([dirty.nextRetryAt(), dirty.attemptsOf(www)]).toEqual([retryAt, 1])
  })
})
