import { resolve } from 'node:path'
import { DEFAULT_LIMITS, readManifest } from '../../api/manifest/read-manifest.ts'
import { checkNamespace } from '../check-namespace.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'
import { listFiles } from '../validate/list-files.ts'
import { collectBytes, readFileBytes } from '../validate/read-bytes.ts'
import { readInputs } from '../validate/read-inputs.ts'
import { migrateEpictetus } from './epictetus-migration.ts'
import { migrateEsddns } from './esddns-migration.ts'
import { migrateExternalDns } from './external-dns-migration.ts'
import { processEnvironment, readEnvironmentFile, type GivenEnvironment } from './given-environment.ts'
import { Migration } from './migration.ts'
import { printMigration } from './print-migration.ts'
import type { FoundObject } from './read-workloads.ts'

export interface MigrateFlags {
  readonly envFile?: string
  readonly namespace: string
  readonly out?: string
}

export type SourceSystem = 'esddns' | 'epictetus' | 'external-dns'

export async function runMigrate(
  system: SourceSystem,
  inputs: readonly string[],
  flags: MigrateFlags,
  io: CommandIo,
): Promise<void> {
  const { namespace } = flags
  checkNamespace('--namespace', namespace)
  const migration = new Migration()
  // First: the Secret and the manifests that the others speak of go there.
  migration.note(describeNamespace(namespace))
  try {
    await translate(system, inputs, { flags, migration, io })
    await printMigration(migration, flags.out, io)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    io.stderr(`error: ${error.message}\n`)
    io.setExitCode(EXIT.failure)
  }
}

function describeNamespace(namespace: string): string {
  return (
    `namespace ${namespace} has to be there before all else; if it is not:\n` +
    `  kubectl create namespace ${namespace}\n` +
    '  (without a cluster there is nothing to make)'
  )
}

interface Work {
  readonly flags: MigrateFlags
  readonly migration: Migration
  readonly io: CommandIo
}

async function translate(system: SourceSystem, inputs: readonly string[], work: Work): Promise<void> {
  const { flags, migration, io } = work
  const { namespace } = flags
  const environment = await readGivenEnvironment(flags, migration, io)
  if (system === 'esddns') {
    const [path = '-'] = inputs
    const text = await readText(path, io)
    const variables = new Map([...processEnvironment(io.env), ...environment])
    migrateEsddns({ file: fileOf(path), text, environment: variables, namespace }, migration)
    return
  }
  const { paths, rest } = splitInputs(inputs)
  const file = fileOf(paths[0])
  const objects = paths.length === 0 ? [] : await readObjects(paths, migration, io)
  if (system === 'external-dns') {
    migrateExternalDns({ file, objects, environment, namespace, flags: rest }, migration)
    return
  }
  const [flag] = rest
  if (flag !== undefined)
    throw new UsageError(`${flag} is no path: Epictetus is set by its environment, see --env-file`)
  migrateEpictetus({ file, objects, environment, namespace }, migration)
}

function fileOf(path = '-'): string {
  return path === '-' ? '<stdin>' : path
}

/** From the first flag on everything belongs to the other program's command line: `--provider aws` has a value that is no path. */
function splitInputs(inputs: readonly string[]): {
  readonly paths: readonly string[]
  readonly rest: readonly string[]
} {
  const first = inputs.findIndex((input) => input.startsWith('-') && input !== '-')
  return first < 0 ? { paths: inputs, rest: [] } : { paths: inputs.slice(0, first), rest: inputs.slice(first) }
}

async function readGivenEnvironment(
  { envFile }: MigrateFlags,
  migration: Migration,
  io: CommandIo,
): Promise<GivenEnvironment> {
  return envFile === undefined ? new Map() : readEnvironmentFile(await readText(envFile, io), envFile, migration)
}

async function readText(path: string, io: CommandIo): Promise<string> {
  const limit = DEFAULT_LIMITS.maxBytes
  const reading = path === '-' ? collectBytes(io.stdin(), limit) : readFileBytes(resolve(io.cwd, path), limit)
  const bytes = await reading.catch((error: unknown) => {
    throw new CommandError(`${path} cannot be read (${describeSystemError(error)})`)
  })
  if (bytes.length > limit) throw new CommandError(`${path} is larger than ${limit / 1024 / 1024} MiB`)
  return bytes.toString('utf8')
}

async function readObjects(
  paths: readonly string[],
  migration: Migration,
  io: CommandIo,
): Promise<readonly FoundObject[]> {
  const objects: FoundObject[] = []
  const list = await listFiles(
    paths.filter((path) => path !== '-'),
    io.cwd,
  )
  const sink = {
    addFile(file: string, bytes: Uint8Array): void {
      const manifest = readManifest(bytes)
      for (const { position, message } of manifest.problems) migration.refuse({ file, line: position.line }, message)
      objects.push(...manifest.objects.map((object) => ({ file, object })))
    },
    addUnreadableFile: (file: string, message: string): void => migration.refuse({ file }, message),
  }
  await readInputs(sink, { list, fromStdin: paths.includes('-') }, io)
  return objects
}
