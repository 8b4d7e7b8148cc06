// Which kubeconfigs count and what they hold, as kubectl has it. client-node merges several in another order, quotes the lines around
// an error, which may hold a token, and does not know `tokenFile`.
import { access, readFile } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { KubeConfig, User } from '@kubernetes/client-node'
import { isObject } from '../../api/is-object.ts'
import { readDocument } from '../../api/manifest/read-document.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { TerminalError } from '../../model/errors.ts'

const REMEDY = 'mend it, or name another with --kubeconfig or KUBECONFIG'

/** The paths that were read; none where there is no kubeconfig, and client-node looks for the service account of a Pod. */
export async function loadKubeconfig(config: KubeConfig, given: string | undefined): Promise<readonly string[]> {
  const files = given === undefined ? await findFiles() : [given]
  if (files.length === 0) config.loadFromDefault()
  const { KubeConfig } = await import('./client-node.ts')
  for (const [index, file] of files.entries()) {
    const one = index === 0 ? config : new KubeConfig()
    loadInto(one, file, await readBytes(file))
    if (one !== config) addMissing(config, one)
  }
  return files
}

/** Of several in KUBECONFIG some may be missing, such as that of a cluster which is not there today. */
async function findFiles(): Promise<readonly string[]> {
  const { KUBECONFIG = '', HOME = '' } = process.env
  const named = KUBECONFIG.split(delimiter).filter((file) => file !== '')
  const candidates = named.length === 0 && HOME !== '' ? [join(HOME, '.kube', 'config')] : named
  const areThere = await Promise.all(candidates.map(isThere))
  const found = candidates.filter((_, index) => areThere[index])
  return found.length === 0 ? named.slice(0, 1) : found
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw refuse(`the kubeconfig ${file} cannot be read (${describeSystemError(error)}): ${REMEDY}`, error)
  }
}

function loadInto(config: KubeConfig, file: string, bytes: Uint8Array): void {
  const content = parse(file, bytes)
  try {
    config.loadFromString(JSON.stringify(content))
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw refuse(`the kubeconfig ${file} cannot be used: ${words}: ${REMEDY}`, error)
  }
  config.makePathsAbsolute(dirname(file))
  config.users = config.users.map((user) => withTokenFile(user, content, dirname(file)))
}

function parse(file: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const document = readDocument(bytes)
  if (document.kind === 'unreadable') {
    const { line, column } = document.position
    throw refuse(`the kubeconfig ${file}:${line}:${column} is not readable as YAML: ${document.message}: ${REMEDY}`)
  }
  if (isObject(document.value)) return document.value
  throw refuse(`the kubeconfig ${file} holds no kubeconfig: ${REMEDY}`)
}

function refuse(message: string, cause?: unknown): TerminalError {
  return new TerminalError('KubeconfigInvalid', message, { cause })
}

/** As in kubectl the file stands above a token that is written beside it. client-node reads it in the form that it has for Pods. */
function withTokenFile(user: User, { users }: Readonly<Record<string, unknown>>, folder: string): User {
  const written: unknown = Array.isArray(users) ? users.find((one) => isObject(one) && one['name'] === user.name) : null
  const fields = isObject(written) ? written['user'] : undefined
  const tokenFile = isObject(fields) ? fields['tokenFile'] : undefined
  if (typeof tokenFile !== 'string' || tokenFile === '') return user
  const { token: _, ...rest } = user
  return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } } }
}

/** What stands in several counts as the first of them has it. */
function addMissing(config: KubeConfig, other: KubeConfig): void {
  config.clusters = [...config.clusters, ...other.clusters.filter(isNewTo(config.clusters))]
  config.users = [...config.users, ...other.users.filter(isNewTo(config.users))]
  config.contexts = [...config.contexts, ...other.contexts.filter(isNewTo(config.contexts))]
  if (!config.currentContext) config.setCurrentContext(other.currentContext)
}

function isNewTo(known: readonly { readonly name: string }[]): (entry: { readonly name: string }) => boolean {
  const names = new Set(known.map(({ name }) => name))
  return ({ name }) => !names.has(name)
}
