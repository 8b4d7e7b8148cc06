// The files of the command line, read one after the other into whatever wants them.
import { extname } from 'node:path'
import { DEFAULT_LIMITS } from '../../api/manifest/read-manifest.ts'
import type { CommandIo } from '../command-io.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { isForeignJson } from './is-foreign-json.ts'
import type { FileList, InputFile } from './list-files.ts'
import { collectBytes, readFileBytes } from './read-bytes.ts'

export interface InputSink {
  addFile(file: string, bytes: Uint8Array): void
  addUnreadableFile(file: string, message: string): void
}

export interface Inputs {
  readonly list: FileList
  readonly fromStdin: boolean
}

const LIMIT = DEFAULT_LIMITS.maxBytes

export async function readInputs(sink: InputSink, { list, fromStdin }: Inputs, io: CommandIo): Promise<void> {
  if (fromStdin) sink.addFile('<stdin>', await collectBytes(io.stdin(), LIMIT))
  for (const { shown, error } of list.unreadable) sink.addUnreadableFile(shown, describeUnreadable(error))
  for (const file of list.files) {
    io.signal.throwIfAborted()
    await readInput(sink, file)
  }
}

async function readInput(sink: InputSink, { shown, path, named }: InputFile): Promise<void> {
  const bytes = await readFileBytes(path, LIMIT).catch((error: unknown) => describeUnreadable(error))
  if (typeof bytes === 'string') {
    sink.addUnreadableFile(shown, bytes)
    return
  }
  const isForeign = !named && extname(path).toLowerCase() === '.json' && isForeignJson(bytes)
  if (!isForeign) sink.addFile(shown, bytes)
}

function describeUnreadable(error: unknown): string {
  return `cannot be read (${describeSystemError(error)})`
}
