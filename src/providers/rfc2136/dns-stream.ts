// DNS messages over one TCP connection each: ask, and take answers until the asker has enough.
import { connect } from 'node:net'
import { MalformedMessage } from '../../wire/message-errors.ts'
import { FrameDecoder, frameMessage } from '../../wire/stream-framing.ts'

export interface StreamTarget {
  readonly host: string
  readonly port: number
  /** How long the server may be silent. */
  readonly timeoutMs: number
  /** How long all of it may take, however busy the server looks. */
  readonly totalMs: number
}

/** `take` says with true that no more messages are needed. Rejects when it never does: on a time-out, a break or nonsense. */
export function askStream(
  target: StreamTarget,
  request: Uint8Array,
  take: (message: Uint8Array) => boolean,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port: target.port })
    const decoder = new FrameDecoder()
    const finish = (error?: Error): void => {
      clearTimeout(total)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    const onAbort = (): void => finish(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    const total = setTimeout(
      () => finish(new Error(`the answer was not complete within ${target.totalMs / 1000} s`)),
      target.totalMs,
    )
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) return onAbort()
    socket.setTimeout(target.timeoutMs, () => finish(new Error(`no answer within ${target.timeoutMs / 1000} s`)))
    socket.on('error', finish)
    socket.on('close', () => finish(new Error('the connection was closed before the answer was complete')))
    socket.on('connect', () => socket.write(frameMessage(request)))
    socket.on('data', (chunk) => {
      try {
        for (const message of decoder.push(chunk)) if (take(message)) return finish()
      } catch (error) {
        finish(error instanceof Error ? error : new MalformedMessage(0, String(error)))
      }
    })
  })
}
