import { setMaxListeners } from 'node:events'

/** A controller that is aborted with its leader. `release` ends the following; without it a leader that lives as long as the process gathers followers. */
export interface FollowingAbort {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  release(): void
}

export function followAbort(leader: AbortSignal): FollowingAbort {
  const controller = new AbortController()
  // Many wait on one signal here; Node takes more than ten for a leak.
  setMaxListeners(0, controller.signal)
  const follow = (): void => controller.abort(leader.reason)
  if (leader.aborted) follow()
  leader.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => leader.removeEventListener('abort', follow),
  }
}
