import { connect, type ClientHttp2Session } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { underSignals } from '../../model/under-signals.ts'
import { describeFailure } from '../../model/describe-failure.ts'
import { encodeHealthRequest, judgeHealthCall } from './grpc-health.ts'
import type { ProbeAnswer, ProbeHandler, ProbeSpec } from './probe-spec.ts'

type GrpcHandler = Extract<ProbeHandler, { kind: 'grpc' }>

const MOST_ANSWER_BYTES = 1024

/** One call of `grpc.health.v1.Health/Check` over HTTP/2 without TLS, as the kubelet does it. */
export async function probeGrpc(spec: ProbeSpec, handler: GrpcHandler, signal: AbortSignal): Promise<ProbeAnswer> {
  const timeout = AbortSignal.timeout(spec.timeoutMs)
  try {
    return await underSignals([signal, timeout], (limit) => ask(spec, handler, limit))
  } catch (error) {
    signal.throwIfAborted()
    return timeout.aborted ? 'no answer in time' : describeFailure(error)
  }
}

async function ask({ address, port }: ProbeSpec, { service }: GrpcHandler, limit: AbortSignal): Promise<ProbeAnswer> {
  const literal = address.includes(':') ? `[${address}]` : address
  const socket = connectSocket({ host: address, port })
  // A stream that is pushed would be nobody's, and its error when all ends nobody's, too: such errors end the process.
  const settings = { enablePush: false }
  const session = connect(`http://${literal}:${port}`, { createConnection: () => socket, settings })
  // Without an error, which the server would be told as a fault of its connection.
  const abort = (): void => {
    session.destroy()
    // A session waits for its connection before it ends, and for that of a silent address for minutes.
    if (socket.connecting) socket.destroy()
  }
  limit.addEventListener('abort', abort, { once: true })
  try {
    const answer = await askHealth(session, service)
    limit.throwIfAborted()
    return answer
  } finally {
    session.destroy()
  }
}

function askHealth(session: ClientHttp2Session, service: string): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    session.on('error', reject)
    session.on('close', () => reject(new Error('connection closed early')))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let size = 0
    let httpStatus: number | undefined
    let grpcStatus: string | undefined
    const readStatus = (headers: Record<string, unknown>): void => {
      const status = headers['grpc-status']
      if (typeof status === 'string') grpcStatus = status
    }
    stream.on('response', (headers) => {
      httpStatus = headers[':status']
      readStatus(headers)
    })
    stream.on('trailers', readStatus)
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST_ANSWER_BYTES) stream.destroy(new Error('not a gRPC health answer'))
      else chunks.push(chunk)
    })
    // A stream that never began says only that it was cancelled; its cause says why.
    stream.on('error', (error: Error) => reject(error.cause instanceof Error ? error.cause : error))
    stream.on('end', () => resolve(judgeHealthCall({ httpStatus, grpcStatus, frame: Buffer.concat(chunks) })))
    stream.end(encodeHealthRequest(service))
  })
}
