/**
 * Runs work that ends when `signal` is aborted or the time is up. Unlike AbortSignal.any it leaves nothing behind on a signal that
 * outlives thousands of calls.
 */
export async function withinTime<Result>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const stop = (): void => limit.abort(signal.reason)
  const timer = setTimeout(() => limit.abort(new DOMException('the time is up', 'TimeoutError')), timeoutMs)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await work(limit.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
