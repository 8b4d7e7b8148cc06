// The objects of a Stoa that runs without a cluster, through the socket in its data directory.
import { join } from 'node:path'
import { Agent, request, type Dispatcher } from 'undici'
import { isObject } from '../../api/is-object.ts'
import { CONTROL_SOCKET, shortPath, type ControlObject, type ControlReport } from '../../serve/control-socket.ts'
import { CommandError } from '../command-error.ts'
import type { Remote } from './remote.ts'

const TIMEOUT_MS = 30_000

/** Undefined when no process answers there. */
export async function openSocketRemote(folder: string, signal: AbortSignal): Promise<Remote | undefined> {
  const dispatcher = new Agent({ connect: { socketPath: socketIn(folder) } })
  const close = (): Promise<void> => dispatcher.close()
  const ask: Ask = (method, path, body) => askSocket(dispatcher, { method, path, body }, signal)
  // Both ends are of one program: what it says is of the form that it says it in.
  const report = async (): Promise<ControlReport> => (await ask('GET', '/v1/report')) as ControlReport
  const first = await report().catch((error: unknown) => readRefusal(folder, error))
  if (first === undefined) {
    await close()
    return undefined
  }
  const list = async (kind: string): Promise<readonly ControlObject[]> =>
    ((await ask('GET', `/v1/objects/${kind}`)) as { readonly items: readonly ControlObject[] }).items
  return {
    ...{ close, annotateNode: undefined, defaultNamespace: undefined },
    description: first.source,
    list: async (kind, namespace) =>
      (await list(kind)).filter(({ object }) => namespace === undefined || object.metadata.namespace === namespace),
    get: async (kind, { namespace, name }) =>
      (await list(kind)).find(
        ({ object: { metadata } }) => metadata.name === name && (kind === 'Node' || metadata.namespace === namespace),
      ),
    annotate: async (kind, { namespace, name }, annotations) => {
      await ask('POST', '/v1/annotations', { kind, namespace, name, annotations })
    },
    source: {
      report,
      approveRemovals: async (hash) => void (await ask('POST', '/v1/removals', { hash })),
      requestSync: async () => void (await ask('POST', '/v1/sync')),
    },
  }
}

type Ask = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>

async function askSocket(
  dispatcher: Dispatcher,
  { method, path, body }: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body: unknown },
  signal: AbortSignal,
): Promise<unknown> {
  const answer = await request(`http://stoa${path}`, {
    ...{ method, dispatcher, signal, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const json = await answer.body.json().catch(() => undefined)
  if (answer.statusCode < 300) return json
  const message = isObject(json) ? json['message'] : undefined
  const words = typeof message === 'string' ? message : `it answered ${answer.statusCode}; its log says more`
  throw new CommandError(`the running Stoa refuses: ${words}`)
}

function socketIn(folder: string): string {
  try {
    return shortPath(join(folder, CONTROL_SOCKET))
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Nobody there is an answer; everything else is an error with a remedy. */
function readRefusal(folder: string, error: unknown): undefined {
  const code = isObject(error) ? error['code'] : undefined
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return undefined
  if (code === 'EACCES' || code === 'EPERM') {
    const remedy = 'run the command as the user that runs Stoa (sudo -u …)'
    throw new CommandError(`the data directory ${folder} is another user's: ${remedy}`, { cause: error })
  }
  if (error instanceof CommandError) throw error
  const words = error instanceof Error ? error.message : String(error)
  throw new CommandError(`the Stoa of ${folder} does not answer: ${words}`, { cause: error })
}
