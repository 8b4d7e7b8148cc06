import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { underSignals } from './under-signals.ts'

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('work under signals', () => {
  it.each([0, 1])('ends for the reason of number %i when that is aborted', async (at) => {
    const controllers = [new AbortController(), new AbortController()]
    const running = underSignals(
      controllers.map(({ signal }) => signal),
      untilAborted,
    )
    controllers[at]?.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
  })

  it('never begins when one is aborted already', async () => {
    let began = false
    const running = underSignals([AbortSignal.abort(new Error('enough'))], () => Promise.resolve((began = true)))
    await expect(running).rejects.toThrow('enough')
    expect(began).toBe(false)
  })

  it.each([
    ['succeeds', () => Promise.resolve('done')],
    ['fails', () => Promise.reject(new Error('broken'))],
  ])('leaves nothing behind on the signals when it %s', async (_how, work: () => Promise<string>) => {
    const { signal } = new AbortController()
    await underSignals([signal], work).catch(() => undefined)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
