// What can be wrong with a message: bytes that do not say one, or values that bytes cannot say.

/** Bytes from the network that are no DNS message. The only error that decoding throws. */
export class MalformedMessage extends Error {
  /** Where in the bytes reading stopped. */
  readonly offset: number

  constructor(offset: number, problem: string) {
    super(`malformed DNS message at byte ${offset}: ${problem}`)
    this.name = 'MalformedMessage'
    this.offset = offset
  }
}

/** A value that has no place in a DNS message, such as a label of 64 bytes. */
export class UnencodableMessage extends Error {
  constructor(problem: string) {
    super(`cannot be written as a DNS message: ${problem}`)
    this.name = 'UnencodableMessage'
  }
}
