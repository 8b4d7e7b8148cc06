// Messages in a stream (RFC 1035 §4.2.2): each behind its length in two bytes.
import { LONGEST_MESSAGE } from './encode-message.ts'
import { MalformedMessage, UnencodableMessage } from './message-errors.ts'

const HEADER_LENGTH = 12

export function frameMessage(message: Uint8Array): Uint8Array {
  if (message.length > LONGEST_MESSAGE) throw new UnencodableMessage(`${message.length} bytes do not fit in a frame`)
  const framed = new Uint8Array(2 + message.length)
  new DataView(framed.buffer).setUint16(0, message.length)
  framed.set(message, 2)
  return framed
}

/** Takes the stream as it comes, in pieces of any size, and holds at most one unfinished message. */
export class FrameDecoder {
  readonly #longest: number
  readonly #lengthBytes: number[] = []
  #message = new Uint8Array(0)
  #filled = 0

  /** `longest` is the largest message to accept, in bytes. */
  constructor(longest = LONGEST_MESSAGE) {
    this.#longest = longest
  }

  /** Whether the stream stands between two messages: where it may end. */
  get idle(): boolean {
    return this.#lengthBytes.length === 0
  }

  /**
   * The messages that are now complete, each made when it is asked for. A `MalformedMessage` comes after those before it, and then the
   * stream cannot be read any further.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#lengthBytes.length < 2) {
        this.#pushLengthByte(chunk[at] ?? 0)
        at += 1
        continue
      }
      const part = chunk.subarray(at, at + this.#message.length - this.#filled)
      this.#message.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === this.#message.length) yield this.#take()
    }
  }

  #pushLengthByte(byte: number): void {
    const [high] = this.#lengthBytes
    this.#lengthBytes.push(byte)
    if (high === undefined) return
    const length = high * 256 + byte
    if (length < HEADER_LENGTH) throw new MalformedMessage(0, `a frame of ${length} bytes holds no message`)
    if (length > this.#longest)
      throw new MalformedMessage(0, `a frame of ${length} bytes; at most ${this.#longest} are taken`)
    this.#message = new Uint8Array(length)
    this.#filled = 0
  }

  #take(): Uint8Array {
    this.#lengthBytes.length = 0
    return this.#message
  }
}
