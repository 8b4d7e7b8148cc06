// The two messages of the gRPC health checking protocol, as bytes: one field each, so no library is worth its weight.

const SERVING = 1
const STATUS_WORDS: Readonly<Record<string, string>> = {
  '5': 'the server does not know the service',
  '12': 'the server has no health service',
  '14': 'the server says UNAVAILABLE',
}
const STATUS_NAMES: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** `HealthCheckRequest { string service = 1 }` in a gRPC frame: uncompressed, with its length. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), encodeVarint(name.length), name])
  const header = Buffer.alloc(5)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

/** What came of a call, as far as it came. */
export interface HealthCall {
  readonly httpStatus: number | undefined
  readonly grpcStatus: string | undefined
  readonly frame: Buffer
}

/** Undefined is well; a text says what is wrong. */
export function judgeHealthCall({ httpStatus, grpcStatus, frame }: HealthCall): string | undefined {
  if (httpStatus === undefined) return 'connection closed early'
  // Whatever else stands there comes from a stranger, and this ends up in a status.
  if (grpcStatus !== undefined && !/^\d{1,3}$/.test(grpcStatus)) return 'not a gRPC health answer'
  if (grpcStatus !== undefined && grpcStatus !== '0') return STATUS_WORDS[grpcStatus] ?? `gRPC status ${grpcStatus}`
  if (httpStatus !== 200) return `answered with status ${httpStatus}`
  // Every call ends with its status: without one it was cut off, whatever came before.
  return judgeHealthResponse(frame) ?? (grpcStatus === undefined ? 'the answer was cut off' : undefined)
}

/** `HealthCheckResponse { ServingStatus status = 1 }`. */
function judgeHealthResponse(frame: Buffer): string | undefined {
  if (frame.length < 5 || frame[0] !== 0 || frame.readUInt32BE(1) !== frame.length - 5)
    return 'not a gRPC health answer'
  const message = frame.subarray(5)
  // A field with its default value (0, UNKNOWN) is left out.
  const status = message.length === 0 ? 0 : message.length === 2 && message[0] === 0x08 ? (message[1] ?? 0) : undefined
  if (status === undefined) return 'not a gRPC health answer'
  return status === SERVING ? undefined : `the service says ${STATUS_NAMES[status] ?? `status ${status}`}`
}

function encodeVarint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >> 7])
}
