// The text of an answer: never more of it than is allowed, packed or not.
import { promisify } from 'node:util'
import { gunzip, inflate, type ZlibOptions } from 'node:zlib'
import type { Dispatcher } from 'undici'

const UNPACK = new Map([
  ['gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, ZlibOptions, Buffer>(inflate)],
])

/** Packed answers are not asked for, which leaves it to the other side whether to send one. */
export async function readBody({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const bytes = await readBounded(body, maxBytes)
  const unpack = UNPACK.get(String(headers['content-encoding'] ?? '').toLowerCase())
  return (unpack === undefined ? bytes : await unpack(bytes, { maxOutputLength: maxBytes })).toString('utf8')
}

async function readBounded(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes / 1024 / 1024} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
