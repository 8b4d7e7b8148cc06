// Reads input up to a limit, so that no file can fill the memory.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** At most `limit + 1` bytes: one more than allowed tells that there is more. Never waits for a writer. */
export async function readFileBytes(path: string, limit: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return await collectBytes(file.createReadStream({ end: limit, autoClose: false }), limit)
  } finally {
    await file.close()
  }
}

export async function collectBytes(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > limit) break
  }
  return Buffer.concat(chunks).subarray(0, limit + 1)
}
