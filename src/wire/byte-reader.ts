// Reads a message's bytes from front to back. Whatever would lead outside of them is a `MalformedMessage`.
import { MalformedMessage } from './message-errors.ts'
import { formatLabel, LONGEST_NAME } from './name.ts'

/** A name of 255 bytes has at most 127 labels, so more pointers than this lead nowhere new. */
const MOST_POINTERS = 127

export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #end: number

  constructor(bytes: Uint8Array) {
    // A Buffer would hand out views of itself where a copy is meant.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.byteLength
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#end - this.#at
  }

  fail(problem: string): never {
    throw new MalformedMessage(this.#at, problem)
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4))
  }

  u48(): number {
    return this.u16() * 2 ** 32 + this.u32()
  }

  /** A copy, so that it does not keep the whole message alive. */
  bytes(length: number): Uint8Array {
    const from = this.#skip(length)
    return this.#bytes.slice(from, from + length)
  }

  /** Reads exactly the next `length` bytes: neither fewer nor more. */
  section<Value>(length: number, read: () => Value): Value {
    const outer = this.#end
    if (length > this.left) this.fail('the data is cut off')
    this.#end = this.#at + length
    const value = read()
    if (this.left > 0) this.fail('the data is longer than its type allows')
    this.#end = outer
    return value
  }

  /** A name in presentation form. Compression pointers lead strictly backwards, so every name ends. */
  name(): string {
    const labels: string[] = []
    let size = 1
    let from = this.#at
    let pointers = 0
    let resumeAt: number | undefined
    for (let length = this.u8(); length > 0; length = this.u8()) {
      if (length >= 0xc0) {
        const target = (length & 0x3f) * 256 + this.u8()
        resumeAt ??= this.#at
        pointers += 1
        if (target >= from || pointers > MOST_POINTERS) this.fail('a compression pointer does not lead backwards')
        from = target
        this.#at = target
      } else {
        if (length > 0x3f) this.fail('a label of an unknown kind')
        size += length + 1
        if (size > LONGEST_NAME) this.fail(`a name longer than ${LONGEST_NAME} bytes`)
        const at = this.#skip(length)
        labels.push(formatLabel(this.#bytes.subarray(at, at + length)))
      }
    }
    this.#at = resumeAt ?? this.#at
    return labels.length === 0 ? '.' : labels.join('.')
  }

  #skip(length: number): number {
    if (length > this.left) this.fail('the message is cut off')
    const from = this.#at
    this.#at += length
    return from
  }
}
