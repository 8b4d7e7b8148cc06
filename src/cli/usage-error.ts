// What the caller got wrong in the arguments beyond what commander sees, such as a path that is not there.

export class UsageError extends Error {
  override readonly name = 'UsageError'
}
