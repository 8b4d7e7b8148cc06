import { setImmediate as breathe } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Turns } from './turns.ts'

describe('Turns', () => {
  test('lets so many act at the same time, and the others in the order in which they came', async () => {
    const turns = new Turns(2)
    const begun: string[] = []
    const ends = new Map<string, () => void>()
    const act = (name: string): Promise<void> =>
      turns.take(() => {
        begun.push(name)
        return new Promise((resolve) => ends.set(name, resolve))
      })
    const all = ['a', 'b', 'c', 'd'].map(act)
    await breathe()
    expect(begun).toEqual(['a', 'b'])
    ends.get('b')?.()
    await breathe()
    expect(begun).toEqual(['a', 'b', 'c'])
    for (const name of ['a', 'c']) ends.get(name)?.()
    await breathe()
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
    ends.get('d')?.()
    await Promise.all(all)
  })

  test('hands the turn on when an act fails', async () => {
    const turns = new Turns(1)
    const failing = turns.take(() => Promise.reject(new Error('no')))
    const next = turns.take(() => Promise.resolve('done'))
    await expect(failing).rejects.toThrow('no')
    await expect(next).resolves.toBe('done')
    await expect(turns.take(() => Promise.resolve('free again'))).resolves.toBe('free again')
  })
})
