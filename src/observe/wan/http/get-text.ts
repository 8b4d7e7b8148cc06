// One small GET on a connection of its own. A kept connection could outlive a change of address and go on answering with the address before.
import type { LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Client, type Dispatcher } from 'undici'
import type { AddressFamily } from '../../../model/address.ts'
import { describeFailure } from '../../describe-failure.ts'
import type { ResolveName } from '../resolve-name.ts'

export interface HttpPorts {
  readonly resolveName: ResolveName
  /** Certificates to trust instead of the built-in ones. */
  readonly ca?: ConnectionOptions['ca']
}

export interface TextRequest {
  readonly url: URL
  readonly family: AddressFamily
  readonly maxBytes: number
}

/** Resolves only with a 200 of acceptable size; redirects are not followed. Leaves nothing open. */
export async function getText(request: TextRequest, ports: HttpPorts, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const { url, family } = request
  const client = new Client(url.origin, {
    pipelining: 1,
    // Time is limited by the signal alone.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: 0,
      family: family === 'IPv4' ? 4 : 6,
      lookup: createLookup(ports.resolveName, family, signal),
      ...(ports.ca === undefined ? {} : { ca: ports.ca }),
    },
  })
  try {
    const path = `${url.pathname}${url.search}`
    const headers = { accept: 'text/plain, application/json;q=0.9, */*;q=0.1', 'user-agent': 'stoa' }
    const response = await client.request({ method: 'GET', path, headers, signal })
    if (response.statusCode >= 300 && response.statusCode < 400) throw new Error('redirects are refused')
    if (response.statusCode !== 200) throw new Error(`the service answered with status ${response.statusCode}`)
    return await readBounded(response.body, request.maxBytes)
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(describeFailure(error), { cause: error })
  } finally {
    await client.destroy()
  }
}

async function readBounded(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes / 1024} KiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function createLookup(resolveName: ResolveName, family: AddressFamily, signal: AbortSignal): LookupFunction {
  return (name, options, callback) => {
    resolveName(name, family, signal).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: family === 'IPv4' ? 4 : 6 }))
        const [first] = found
        if (first === undefined) callback(new Error('the name has no address of that family'), [])
        else if (options.all === true) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), []),
    )
  }
}
