/**
 * Runs work that ends when the first of the signals is aborted, for its reason. Unlike AbortSignal.any it leaves nothing behind on a
 * signal that outlives thousands of calls.
 */
export async function underSignals<Result>(
  signals: readonly AbortSignal[],
  work: (joined: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const joined = new AbortController()
  const followed = signals.map((signal) => ({ signal, follow: () => joined.abort(signal.reason) }))
  for (const signal of signals) signal.throwIfAborted()
  for (const { signal, follow } of followed) signal.addEventListener('abort', follow)
  try {
    return await work(joined.signal)
  } finally {
    for (const { signal, follow } of followed) signal.removeEventListener('abort', follow)
  }
}
