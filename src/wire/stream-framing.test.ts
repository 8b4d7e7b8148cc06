import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedMessage, UnencodableMessage } from './message-errors.ts'
import { frameMessage, FrameDecoder } from './stream-framing.ts'

const message = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251)

describe('a framed message', () => {
  it('stands behind its length', () => {
    expect(frameMessage(message(300)).slice(0, 4)).toEqual(Uint8Array.of(1, 44, 0, 1))
  })

  it('cannot be longer than its length can say', () => {
    expect(frameMessage(message(65_535))).toHaveLength(65_537)
    expect(() => frameMessage(message(65_536))).toThrow(UnencodableMessage)
  })
})

describe('a stream of messages', () => {
  it('gives back what went in, however it is cut', () => {
    const lengths = fc.array(fc.integer({ min: 12, max: 700 }), { maxLength: 8 })
    const cuts = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 })
    fc.assert(
      fc.property(lengths, cuts, (sizes, pieces) => {
        const messages = sizes.map(message)
        const stream = Buffer.concat(messages.map(frameMessage))
        const decoder = new FrameDecoder()
        const decoded: Uint8Array[] = []
        for (let at = 0, piece = 0; at < stream.length; piece += 1) {
          const size = pieces[piece % pieces.length] ?? 1
          decoded.push(...decoder.push(stream.subarray(at, at + size)))
          at += size
        }
        expect(decoded).toEqual(messages)
        expect(decoder.idle).toBe(true)
      }),
    )
  })

  it('may not end within a length or a message', () => {
    const decoder = new FrameDecoder()
    expect([...decoder.push(Uint8Array.of(0))]).toEqual([])
    expect(decoder.idle).toBe(false)
    expect([...decoder.push(Uint8Array.of(12, 1, 2, 3))]).toEqual([])
    expect(decoder.idle).toBe(false)
  })

  it('does not change a message it has given out', () => {
    const decoder = new FrameDecoder()
    const [first] = decoder.push(frameMessage(message(20)))
    expect([...decoder.push(frameMessage(new Uint8Array(20)))]).toHaveLength(1)
    expect(first).toEqual(message(20))
  })

  it.each([
    ['shorter than a header', 11],
    ['longer than what is accepted', 513],
  ])('is broken by a message %s', (_case, length) => {
    const decoder = new FrameDecoder(512)
    const stream = Buffer.concat([frameMessage(message(20)), frameMessage(message(length)).subarray(0, 2)])
    const messages = decoder.push(stream)
    expect(messages.next().value, 'what came before').toEqual(message(20))
    expect(() => messages.next()).toThrow(MalformedMessage)
  })
})
