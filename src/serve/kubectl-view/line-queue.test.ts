import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { LineQueue, LONGEST_UNREAD_MS } from './line-queue.ts'

interface Client {
  readonly clock: SimulatedClock
  readonly queue: LineQueue
  readonly response: Writable
  readonly made: readonly string[]
  readonly say: (...lines: readonly string[]) => void
  /** Takes the next line. */
  readonly read: () => Promise<string | undefined>
}

/** A client whose connection has room for one line at a time, or for so many characters. */
function connect(room = 1): Client {
  const clock = new SimulatedClock()
  const taken: { readonly line: string; readonly next: () => void }[] = []
  const made: string[] = []
  const response = new Writable({
    highWaterMark: room,
    write: (line, _, next) => void taken.push({ line: String(line), next }),
  })
  const queue = new LineQueue(response, clock)
  const make = (line: string) => (): string => {
    made.push(line)
    return line
  }
  const read = async (): Promise<string | undefined> => {
    const first = taken.shift()
    first?.next()
    await turn()
    return first?.line
  }
  return { clock, queue, response, made, say: (...lines) => lines.forEach((line) => queue.push(make(line))), read }
}

it('makes a line only when there is room for it, and keeps their order', async () => {
  const { made, say, read } = connect()
  say('a', 'b', 'c')
  expect(made).toEqual(['a'])
  expect(await read()).toBe('a')
  say('d')
  expect([await read(), await read(), await read(), await read()]).toEqual(['b', 'c', 'd', undefined])
  say('e')
  expect(await read()).toBe('e')
})

it('says at once what there is room for', async () => {
  const { made, say, read } = connect(100)
  say('a', 'b')
  say('c')
  expect(made).toEqual(['a', 'b', 'c'])
  expect([await read(), await read(), await read()]).toEqual(['a', 'b', 'c'])
})

it('lets a client go that leaves something unread for a minute, while there is more to say', async () => {
  const { clock, response, say } = connect()
  say('a')
  await clock.advance(LONGEST_UNREAD_MS)
  say('b')
  expect(response.destroyed).toBe(false)
  await clock.advance(1)
  say('c')
  expect(response.destroyed).toBe(true)
})

it('keeps a client that reads, however much there is to say', async () => {
  const { clock, response, say, read } = connect()
  for (let round = 0; round < 10; round += 1) {
    say(...Array.from({ length: 100 }, () => 'x'.repeat(100_000)))
    while ((await read()) !== undefined) await clock.advance(500)
  }
  expect(response.destroyed).toBe(false)
})

it('says nothing any more once it is closed', async () => {
  const { queue, made, say, read } = connect()
  say('a', 'b')
  queue.close()
  say('c')
  expect([await read(), await read(), made]).toEqual(['a', undefined, ['a']])
})
