import { connect } from 'node:net'
import { describeFailure } from '../../model/describe-failure.ts'
import type { Probe } from './probe-spec.ts'

/** Well when a connection is accepted. It is closed with a reset, so that thousands of probes leave no socket behind in TIME_WAIT. */
export const probeTcp: Probe = ({ address, port, timeoutMs }, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({ host: address, port })
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', abort)
      clearTimeout(timer)
      // A reset waits for the connection, and for that of a silent address for minutes.
      if (socket.connecting) socket.destroy()
      else socket.resetAndDestroy()
      settle()
    }
    const abort = (): void =>
      finish(() => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')))
    const timer = setTimeout(() => finish(() => resolve('no answer in time')), timeoutMs)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => finish(() => resolve(undefined)))
    socket.once('error', (error) => finish(() => resolve(describeFailure(error))))
  })
