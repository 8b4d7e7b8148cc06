// One small GET on a connection of its own. A kept connection could outlive a change of address and go on answering with the address before.
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { AddressFamily } from '../../../model/address.ts'
import { answerOf } from '../../answer-of.ts'
import { describeFailure } from '../../../model/describe-failure.ts'
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

const HEADERS = { accept: 'text/plain, application/json;q=0.9, */*;q=0.1', 'user-agent': 'stoa' }

/** Resolves only with a 200 of acceptable size; redirects are not followed. Leaves nothing open. Time is limited by the signal alone. */
export async function getText(request: TextRequest, ports: HttpPorts, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const { url, family } = request
  const asked = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    agent: false,
    family: family === 'IPv4' ? 4 : 6,
    lookup: createLookup(ports.resolveName, family, signal),
    headers: HEADERS,
    signal,
    ...(ports.ca === undefined ? {} : { ca: ports.ca }),
  })
  const closed = new Promise((resolve) => asked.once('close', resolve))
  try {
    const response = await answerOf(asked)
    const status = response.statusCode ?? 0
    if (status >= 300 && status < 400) throw new Error('redirects are refused')
    if (status !== 200) throw new Error(`the service answered with status ${status}`)
    return await readBounded(response, request.maxBytes)
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(describeFailure(error), { cause: error })
  } finally {
    asked.destroy()
    await closed
  }
}

async function readBounded(body: IncomingMessage, maxBytes: number): Promise<string> {
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
