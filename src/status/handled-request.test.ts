import { describe, expect, it } from 'vitest'
import { FLUX_REQUESTED_AT_ANNOTATION as flux, REQUESTED_AT_ANNOTATION as ours } from '../api/kinds.ts'
import { handledRequest } from './handled-request.ts'

describe('the request that is echoed', () => {
  it.each([
    ['nothing without annotations', undefined, undefined],
    ['nothing without a request', { other: 'x' }, undefined],
    ['our own', { [ours]: '2026-11-21T03:00:00Z' }, '2026-11-21T03:00:00Z'],
    ["Flux's", { [flux]: 'anything at all' }, 'anything at all'],
    ['the later one', { [flux]: '2026-11-21T04:00:00Z', [ours]: '2026-11-21T03:00:00Z' }, '2026-11-21T04:00:00Z'],
    [
      'the later one behind a word',
      { [flux]: '2026-11-21T04:00:00Z', [ours]: 'argocd-2026-11-21T05:00:00Z' },
      'argocd-2026-11-21T05:00:00Z',
    ],
    ['what a status can hold', { [ours]: 'x'.repeat(300) }, 'x'.repeat(256)],
  ])('is %s', (_name, annotations, expected) => {
    expect(handledRequest(annotations === undefined ? {} : { annotations })).toBe(expected)
  })
})
