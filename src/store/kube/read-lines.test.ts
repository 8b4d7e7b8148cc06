import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLines } from './read-lines.ts'

async function linesOf(chunks: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = []
  const stream = (async function* () {
    await Promise.resolve()
    yield* chunks
  })()
  for await (const line of readLines(stream)) lines.push(line)
  return lines
}

describe('the lines of a stream', () => {
  it('are the same wherever it is cut, even within a character', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n')))
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(200)), async (expected, cuts) => {
        const bytes = Buffer.from(expected.map((text) => `${text}\n`).join(''))
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to))
        expect(await linesOf(chunks)).toEqual(expected)
      }),
    )
  })

  it('leave out one that was torn off', async () => {
    expect(await linesOf([Buffer.from('{"a":1}\n{"b"')])).toEqual(['{"a":1}'])
  })

  it('have an end, even from a server that never ends them', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    await expect(linesOf(Array.from({ length: 20 }, () => chunk))).rejects.toThrow('longer than')
  })
})
