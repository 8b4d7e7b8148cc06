import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readApprovals, useApproval } from './approvals.ts'

const A = '000000000000000a'
const B = '000000000000000b'
const C = '000000000000000c'
const D = '000000000000000d'

describe('approvals', () => {
  it.each([
    ['there are none', undefined, undefined, []],
    ['there is one', A, undefined, [A]],
    ['there are several, with space and twice', ` ${A}, ${B} ,${A},`, undefined, [A, B]],
    ['something else is written', `yes,${A.toUpperCase()},${A}0,*`, undefined, []],
    ['there are too many', [A, B, C, D].join(), undefined, [A, B]],
    ['one was used', `${A},${B}`, A, [B]],
    ['all were used', `${A},${B}`, `${B},${A}`, []],
  ])('are read when %s', (_name, approve, applied, expected) => {
    expect(readApprovals({ approve }, applied)).toEqual({ approve: expected, prune: [] })
    expect(readApprovals({ approve: undefined, prune: approve }, applied)).toEqual({
      approve: [],
      prune: applied === A ? [] : expected.slice(0, 1),
    })
  })

  it('are remembered for as long as they are written down', () => {
    const approve = `${A},${B}`
    expect(useApproval(undefined, undefined, { approve })).toBeUndefined()
    expect(useApproval(A, undefined, { approve: undefined })).toBe(A)
    expect(useApproval(undefined, A, { approve })).toBe(A)
    expect(useApproval(A, B, { approve })).toBe(`${B},${A}`)
    expect(useApproval(A, A, { approve })).toBe(A)
    expect(useApproval(`${A},${C}`, B, { approve })).toBe(`${B},${A}`)
    expect(useApproval(A, `${A},${B}`, { approve })).toBe(`${A},${B}`)
    expect(useApproval(`${A},${C}`, B, { approve, prune: C })).toBe(`${B},${A},${C}`)
  })

  it('count once, whatever is approved and in whatever order it is used, and fit into a status', () => {
    const anyAnnotation = fc.subarray([A, B, C, D]).map((hashes) => hashes.join(','))
    const annotations = fc.record({ approve: anyAnnotation, prune: anyAnnotation })
    fc.assert(
      fc.property(annotations, fc.array(fc.nat(3), { maxLength: 12 }), (written, picks) => {
        let applied: string | undefined
        const consumed: string[] = []
        for (const pick of picks) {
          const { approve, prune } = readApprovals(written, applied)
          const usable = [...approve, ...prune]
          const hash = usable[pick % Math.max(1, usable.length)]
          if (hash === undefined) continue
          consumed.push(hash)
          applied = useApproval(applied, hash, written)
          expect(applied?.length).toBeLessThanOrEqual(64)
        }
        expect(new Set(consumed).size).toBe(consumed.length)
      }),
    )
  })
})
