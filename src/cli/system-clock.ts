import type { Clock } from '../model/clock.ts'

/** The time of the machine; everything below the composition root gets it as a port. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is whatever the aborter gave
      const abort = (): void => reject(signal.reason)
      if (signal.aborted) return abort()
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      }, ms)
      const stop = (): void => {
        clearTimeout(timer)
        abort()
      }
      signal.addEventListener('abort', stop, { once: true })
    }),
}
