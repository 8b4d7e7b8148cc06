// Writes a message's bytes from front to back, in a buffer that grows; names are compressed where the caller allows it.
import { UnencodableMessage } from './message-errors.ts'
import { nameToWire } from './name.ts'

/** A compression pointer has 14 bits. */
const POINTER_REACH = 0x4000

export class ByteWriter {
  #buffer = new Uint8Array(512)
  #view = new DataView(this.#buffer.buffer)
  #length = 0
  /** Where each name that may be pointed to begins, by its wire form. */
  readonly #nameOffsets = new Map<string, number>()
  /** The name before: the records of a set have one. */
  #latest: { readonly text: string; readonly offset: number } | undefined

  get length(): number {
    return this.#length
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  u8(value: number): void {
    const at = this.#grow(1)
    this.#view.setUint8(at, checked(value, 8))
  }

  u16(value: number): void {
    const at = this.#grow(2)
    this.#view.setUint16(at, checked(value, 16))
  }

  u32(value: number): void {
    const at = this.#grow(4)
    this.#view.setUint32(at, checked(value, 32))
  }

  u48(value: number): void {
    const whole = checked(value, 48)
    this.u16(Math.floor(whole / 2 ** 32))
    this.u32(whole % 2 ** 32)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length)
    this.#buffer.set(bytes, at)
  }

  /** Bytes behind their own length in 8 or 16 bits. */
  counted(bits: 8 | 16, bytes: Uint8Array): void {
    if (bits === 8) this.u8(bytes.length)
    else this.u16(bytes.length)
    this.bytes(bytes)
  }

  /** What `write` writes, behind its length in 16 bits. */
  section(write: () => void): void {
    const lengthAt = this.#length
    this.u16(0)
    write()
    this.patch16(lengthAt, this.#length - lengthAt - 2)
  }

  patch16(at: number, value: number): void {
    this.#view.setUint16(at, checked(value, 16))
  }

  name(text: string): void {
    this.bytes(nameToWire(text))
  }

  /** Only names of the same case are shared, so that every name reads back as it was given. */
  compressedName(text: string): void {
    if (this.#latest?.text === text) return this.u16(0xc000 + this.#latest.offset)
    const from = this.#length
    const wire = nameToWire(text)
    const key = Buffer.from(wire).toString('latin1')
    for (let at = 0; at < wire.length - 1; at += 1 + (wire[at] ?? 0)) {
      const suffix = key.slice(at)
      const known = this.#nameOffsets.get(suffix)
      if (known !== undefined) {
        this.bytes(wire.subarray(0, at))
        this.u16(0xc000 + known)
        this.#latest = toPointer(text, at === 0 ? known : from)
        return
      }
      if (this.#length + at < POINTER_REACH) this.#nameOffsets.set(suffix, this.#length + at)
    }
    this.bytes(wire)
    this.#latest = wire.length === 1 ? undefined : toPointer(text, from)
  }

  /** Forgets everything from `length` on. */
  rollBack(length: number): void {
    this.#length = length
    this.#latest = undefined
    for (const [suffix, offset] of this.#nameOffsets) {
      if (offset >= length) this.#nameOffsets.delete(suffix)
    }
  }

  /** Makes room, and says where. It may put a larger buffer in the place of the present one. */
  #grow(count: number): number {
    const from = this.#length
    this.#length += count
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#buffer.length * 2))
      larger.set(this.#buffer)
      this.#buffer = larger
      this.#view = new DataView(larger.buffer)
    }
    return from
  }
}

function toPointer(text: string, offset: number): { readonly text: string; readonly offset: number } | undefined {
  return offset < POINTER_REACH ? { text, offset } : undefined
}

function checked(value: number, bits: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return value
  throw new UnencodableMessage(`${value} is no whole number of ${bits} bits`)
}
