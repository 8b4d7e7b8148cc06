// The way into a Stoa without a cluster for the commands of whoever owns its data directory: what `kubectl annotate` is in a cluster.
// It is a socket in that folder and nothing on the network, open to its owner alone.
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { isObject } from '../api/is-object.ts'
import {
  APPROVE_ANNOTATION,
  isKindName,
  PRUNE_ANNOTATION,
  REQUESTED_AT_ANNOTATION,
  type KindName,
} from '../api/kinds.ts'
import { ReconcileError } from '../model/errors.ts'
import type { ObjectKey } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { jsonAnswer, type Answer, type HttpRequest } from './answer.ts'
import { startSocketServer } from './http-server.ts'
import type { RawObject, ViewKind } from './kubectl-view/raw-object.ts'

export const CONTROL_SOCKET = 'control.sock'

/** What a person may add to an object by command. */
const GIVEN_ANNOTATIONS: readonly string[] = [APPROVE_ANNOTATION, PRUNE_ANNOTATION, REQUESTED_AT_ANNOTATION]

export interface ControlObject {
  readonly object: RawObject
  /** Where it is written: `apps/www.yaml:3`. */
  readonly file?: string | undefined
  /** Why its newest version is not in force. */
  readonly problem?: string | undefined
}

export interface ControlReport {
  readonly version: string
  /** Repository, ref and folder. */
  readonly source: string
  readonly commit?: string | undefined
  /** When that was applied; RFC 3339. */
  readonly appliedAt?: string | undefined
  /** Why the source cannot be read at the moment. */
  readonly problem?: string | undefined
  /** What a person should look at in the tree, one sentence each. */
  readonly findings: readonly string[]
  /** Removals that wait for a person. */
  readonly heldRemovals?: { readonly hash: string; readonly message: string } | undefined
  /** 0: neither health nor metrics are served. */
  readonly metricsPort: number
  readonly dryRun: boolean
}

export interface ControlPort {
  list(kind: ViewKind): readonly ControlObject[]
  report(): ControlReport
  /** Rejects with an error of the model when that cannot be. */
  annotate(kind: KindName, key: ObjectKey, annotations: Readonly<Record<string, string>>): Promise<void>
  approveRemovals(hash: string): Promise<void>
  requestSync(): void
}

export interface ControlOptions {
  /** The data directory. */
  readonly folder: string
  readonly logger: Logger
}

const LARGEST_BODY = 65_536
/** What the smallest of the systems we run on has room for; a longer path would be cut without a word. */
const LONGEST_PATH = 103

/** A socket that a process left behind is replaced. */
export async function startControlSocket(
  { folder, logger }: ControlOptions,
  control: ControlPort,
): Promise<{ readonly close: () => Promise<void> }> {
  const path = join(folder, CONTROL_SOCKET)
  // Made where nobody else can reach it, and only then put in its place.
  const hidden = await mkdtemp(join(folder, '.c'))
  try {
    const made = join(hidden, 's')
    const server = await startSocketServer({ name: 'control socket', path: shortPath(made), logger }, (request) =>
      answerControl(request, control),
    )
    await chmod(made, 0o600)
    await rename(made, path)
    return {
      close: async () => {
        await server.close()
        await rm(path, { force: true })
      },
    }
  } finally {
    await rm(hidden, { recursive: true, force: true })
  }
}

/** As the system takes it. Throws when there is no short enough way to write it. */
export function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  const shorter = fromHere.length < path.length ? fromHere : path
  if (Buffer.byteLength(shorter) <= LONGEST_PATH) return shorter
  throw new Error(`${path} is too long for a socket: use a data directory with a shorter path, or start in it`)
}

async function answerControl(request: HttpRequest, control: ControlPort): Promise<Answer> {
  const { method, url } = request
  const [, resource = '', kind = ''] = /^\/v1\/(\w+)(?:\/(\w+))?$/.exec(url.pathname) ?? []
  const routes: Readonly<Record<string, (() => Answer | Promise<Answer>) | undefined>> = {
    'GET report': () => jsonAnswer(200, control.report()),
    'GET objects': () => listObjects(kind, control),
    'POST annotations': async () => annotate(await readBody(request), control),
    'POST removals': async () => approveRemovals(await readBody(request), control),
    'POST sync': () => {
      control.requestSync()
      return jsonAnswer(202, {})
    },
  }
  const asked = `${method} ${resource}`
  const route = Object.hasOwn(routes, asked) ? routes[asked] : undefined
  if (route === undefined)
    return refuse(404, `${method} ${url.pathname} is not answered here: is the command of this version?`)
  try {
    return await route()
  } catch (error) {
    if (error instanceof ReconcileError) return refuse(409, error.message)
    throw error
  }
}

function listObjects(kind: string, control: ControlPort): Answer {
  if (!isKindName(kind) && kind !== 'Node') return refuse(404, `${kind} is no kind that is kept here`)
  return jsonAnswer(200, { items: control.list(kind) })
}

async function approveRemovals({ hash }: Readonly<Record<string, unknown>>, control: ControlPort): Promise<Answer> {
  if (typeof hash !== 'string') return refuse(400, 'hash is missing')
  await control.approveRemovals(hash)
  return jsonAnswer(200, {})
}

async function annotate(body: Readonly<Record<string, unknown>>, control: ControlPort): Promise<Answer> {
  const { kind, namespace, name, annotations } = body
  if (typeof kind !== 'string' || !isKindName(kind)) return refuse(400, 'kind is missing, or none of ours')
  if (typeof namespace !== 'string' || typeof name !== 'string') return refuse(400, 'namespace or name is missing')
  if (!isTexts(annotations)) return refuse(400, 'annotations are missing, or not texts')
  const others = Object.keys(annotations).filter((key) => !GIVEN_ANNOTATIONS.includes(key))
  if (others.length > 0) return refuse(400, `${others.join(', ')}: write other annotations in the manifest`)
  await control.annotate(kind, { namespace, name }, annotations)
  return jsonAnswer(200, {})
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string')
}

function refuse(status: number, message: string): Answer {
  return jsonAnswer(status, { message })
}

/** Empty for what is no JSON object, or too large to be one of ours. */
async function readBody({ body }: HttpRequest): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > LARGEST_BODY) return {}
    chunks.push(chunk)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
