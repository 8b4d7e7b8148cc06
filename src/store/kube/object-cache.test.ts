import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObjectKey } from '../store.ts'
import { ObjectCache } from './object-cache.ts'

interface Seen {
  readonly uid: string
  readonly version: number
  readonly text: string
}

const object = (version: number, text = `v${version}`, uid = 'first'): unknown => ({
  metadata: { namespace: 'web', name: 'a', uid, resourceVersion: String(version) },
  text,
})
const isOf =
  (uid: string) =>
  (seen: Seen): boolean =>
    seen.uid === uid

function newCache(): { cache: ObjectCache<Seen>; heard: ObjectKey[]; text: () => string | undefined } {
  const heard: ObjectKey[] = []
  const parse = (given: unknown): Seen => {
    const { metadata, text } = given as { metadata: { uid: string; resourceVersion: string }; text: string }
    return { uid: metadata.uid, version: Number(metadata.resourceVersion), text }
  }
  const equals = (previous: Seen, next: Seen): boolean => previous.text === next.text
  const cache = new ObjectCache<Seen>({ parse, equals }, ({ namespace, name }) => heard.push({ namespace, name }))
  return { cache, heard, text: () => cache.get('web/a')?.text }
}

describe('a cache', () => {
  it('says when something is new, other or gone, and not when it is equal', () => {
    const { cache, heard } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.put(object(1, 'same'))
    sink.put(object(2, 'same'))
    expect(heard).toEqual([{ namespace: 'web', name: 'a' }])
    expect(cache.get('web/a')?.version, 'the newest one is kept all the same').toBe(2)
    sink.put(object(3, 'other'))
    sink.remove(object(4))
    sink.remove(object(4))
    expect(heard).toHaveLength(3)
  })

  it('never goes back behind a write of its own', () => {
    const { cache, heard, text } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.put(object(9))
    cache.putWritten(object(12))
    for (const late of [10, 11]) sink.put(object(late))
    expect(text()).toBe('v12')
    sink.put(object(12))
    expect(heard, 'the event about what was written is no news').toHaveLength(2)
    sink.put(object(13))
    expect(text()).toBe('v13')
  })

  it('does not bring back by a late event what its own write removed', () => {
    const { cache, text } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.put(object(9))
    cache.removeWritten(object(11), isOf('first'))
    expect(text()).toBeUndefined()
    for (const late of [10, 11]) sink.put(object(late))
    expect(text()).toBeUndefined()
    sink.remove(object(12))
    sink.put(object(15, 'made again', 'second'))
    expect(text()).toBe('made again')
  })

  it('loses what its own write removed, although the watch has told of the version in the answer', () => {
    const { cache, heard, text } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.put(object(11))
    sink.reached('11')
    cache.removeWritten(object(11), isOf('first'))
    expect(text()).toBeUndefined()
    sink.remove(object(12))
    expect(heard, 'of the new, and of the lost').toHaveLength(2)
  })

  it('keeps what was made again before the answer to the removal came', () => {
    const { cache, text } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.put(object(11))
    sink.remove(object(12))
    sink.put(object(13, 'made again', 'second'))
    cache.removeWritten(object(11), isOf('first'))
    expect(text()).toBe('made again')
  })

  it('believes a list that began after the write, even one with older versions, as after a restored backup', () => {
    const { cache, text } = newCache()
    const sink = cache.sinkFor(() => true)
    cache.putWritten(object(100))
    sink.listBegins()
    sink.put(object(7))
    sink.listEnds(new Set(['web/a']))
    expect(text()).toBe('v7')
  })

  it('keeps what was written while the list was being read', () => {
    const { cache, text } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.listBegins()
    cache.putWritten(object(12))
    sink.put(object(9))
    sink.listEnds(new Set())
    expect(text()).toBe('v12')
  })

  it('lets a list take away only what is its own', () => {
    const { cache, heard } = newCache()
    const sink = cache.sinkFor((key) => key.startsWith('web/'))
    cache.sinkFor(() => true).put({ metadata: { namespace: 'other', name: 'a', resourceVersion: '1' }, text: '' })
    sink.put(object(1))
    sink.listBegins()
    sink.listEnds(new Set())
    expect([...cache.values()]).toHaveLength(1)
    expect(heard.at(-1)).toEqual({ namespace: 'web', name: 'a' })
  })

  it('does not go back when the answer to a write comes after the events about it', () => {
    const { cache, text } = newCache()
    const sink = cache.sinkFor(() => true)
    sink.put(object(13))
    sink.reached('13')
    cache.putWritten(object(12))
    expect(text()).toBe('v13')
    sink.remove(object(14))
    sink.reached('14')
    cache.putWritten(object(13))
    expect(text()).toBeUndefined()
  })

  it('is at the newest version in the end, however late events and answers to writes come', () => {
    const write = fc.record({
      isOurs: fc.boolean(),
      isRemoval: fc.nat(4).map((n) => n === 0),
      answeredAfter: fc.nat(20),
    })
    const writes = fc.array(write, { minLength: 1, maxLength: 25 })
    const eventDelays = fc.array(fc.nat(5), { minLength: 25, maxLength: 25 })
    fc.assert(
      fc.property(writes, eventDelays, (made, delays) => {
        const { cache } = newCache()
        const sink = cache.sinkFor(() => true)
        const versionOf = (index: number): number => index + 98
        /** Each removal ends one object, and what comes after is another. */
        const uidOf = (index: number): string =>
          `uid-${made.slice(0, index).filter(({ isRemoval }) => isRemoval).length}`
        let delivered = 0
        let shown = 0
        const check = (): void => {
          const version = cache.get('web/a')?.version
          if (version === undefined) return
          expect(version).toBeGreaterThanOrEqual(shown)
          shown = version
        }
        const deliver = (upTo: number): void => {
          for (; delivered < upTo; delivered += 1) {
            const event = object(versionOf(delivered), 'event', uidOf(delivered))
            if (made[delivered]?.isRemoval === true) sink.remove(event)
            else sink.put(event)
            sink.reached(String(versionOf(delivered)))
            check()
          }
        }
        const answer = (index: number, isRemoval: boolean): void => {
          // The answer to a removal is the object from before it.
          if (isRemoval) cache.removeWritten(object(versionOf(index - 1), '', uidOf(index)), isOf(uidOf(index)))
          else cache.putWritten(object(versionOf(index), 'answer', uidOf(index)))
          check()
        }
        for (let now = 0; now < made.length + 20; now += 1) {
          made.forEach(({ isOurs, isRemoval, answeredAfter }, index) => {
            if (isOurs && index + answeredAfter === now) answer(index, isRemoval)
          })
          deliver(Math.min(made.length, now + 1, delivered + (delays[now] ?? made.length)))
        }
        deliver(made.length)
        const last = made.at(-1)?.isRemoval === true ? undefined : versionOf(made.length - 1)
        expect(cache.get('web/a')?.version).toBe(last)
      }),
      { numRuns: 500 },
    )
  })
})
