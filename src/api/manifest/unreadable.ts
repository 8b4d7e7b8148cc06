// Thrown inside this folder when a document cannot be read at all; `readManifest` turns it into a problem.

export class UnreadableDocument extends Error {
  /** Where in the document's text. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.name = 'UnreadableDocument'
    this.offset = offset
  }
}
