import { describe, expect, it } from 'vitest'
import { PROCESS_REASONS, REASONS, type Reason } from '../src/api/reasons.ts'
import type { UnknownReason } from '../src/observe/wan/detection.ts'
import { readSources } from './support/imports.ts'

const sources = readSources(new URL('..', import.meta.url).pathname, 'src').filter(
  ({ path }) => !path.endsWith('.test.ts'),
)

describe('every reason in the source', () => {
  it('that an error carries is documented, or it would read UnexpectedError', () => {
    const thrown = sources.flatMap(({ text }) => [
      ...text.matchAll(/\b(?:Terminal|Transient|Waiting)Error\(\s*'(\w+)'/g),
    ])
    const reasons = [...new Set(thrown.map(([, reason = '']) => reason))]
    expect(reasons.length).toBeGreaterThan(4)
    const documented = { ...REASONS, ...PROCESS_REASONS }
    expect(reasons.filter((reason) => !Object.hasOwn(documented, reason))).toEqual([])
    expect(Object.keys(PROCESS_REASONS).filter((reason) => !reasons.includes(reason))).toEqual([])
  })

  it('that is documented is given somewhere, or its page promises what never comes', () => {
    const text = sources
      .filter(({ path }) => path !== 'src/api/reasons.ts')
      .map((source) => source.text)
      .join('\n')
    const reasons = Object.keys(REASONS)
    expect(reasons.filter((reason) => !text.includes(`'${reason}'`))).toEqual([])
  })

  it('why an address is unknown is documented', () => {
    const documented: (reason: UnknownReason) => Reason = (reason) => reason // A type error here means one is missing.
    expect(REASONS[documented('NoQuorum')].kinds).toEqual(['WANAddress'])
  })
})
