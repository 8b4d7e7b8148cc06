// What keeps a command from doing its work: told in one line, with a remedy, and without a trace.

export class CommandError extends Error {
  override readonly name = 'CommandError'
}
