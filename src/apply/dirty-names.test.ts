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

describe('what a pass has taken', () => {
  const [mail, shop] = ['mail.example.com' as Fqdn, 'shop.example.com' as Fqdn]

  it('is dirty again when the pass failed, with what it took meanwhile', () => {
    const dirty = new DirtyNames(() => 0.5)
    dirty.add([www])
    dirty.take(0)
    dirty.add([mail])
    expect([dirty.takeMore(0), dirty.size]).toEqual([[mail], 0])
    dirty.putBack()
    expect(dirty.take(0)).toEqual([mail, www])
  })

  it('does not come back with the failure of a later pass', () => {
    const dirty = new DirtyNames(() => 0.5)
    dirty.add([www])
    dirty.take(0)
    dirty.add([mail])
    dirty.take(0)
    dirty.putBack()
    expect(dirty.take(0)).toEqual([mail])
  })

  it('rests no more, whenever it was taken', () => {
    const dirty = new DirtyNames(() => 0.5)
    dirty.retry(new Map([www, mail, shop].map((name) => [name, 0])), 0)
    dirty.add([www])
    dirty.take(0)
    dirty.add([mail])
    dirty.takeMore(0)
    expect([...dirty.resting()]).toEqual([shop])
  })
})
