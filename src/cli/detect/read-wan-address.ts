// Reads the WANAddress of `stoa detect --config`.
import { resolve } from 'node:path'
import type { WANAddress } from '../../api/kinds.ts'
import { API_VERSION } from '../../api/kinds.ts'
import { DEFAULT_LIMITS, readManifest } from '../../api/manifest/read-manifest.ts'
import { parseObject } from '../../api/parse-object.ts'
import { formatPath } from '../../api/problem.ts'
import type { DetectionSpec } from '../../observe/wan/detection-spec.ts'
import type { CommandIo } from '../command-io.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { UsageError } from '../usage-error.ts'
import { collectBytes, readFileBytes } from '../validate/read-bytes.ts'
import { deriveDetectionSpecs } from '../../reconcile/wan/derive-detection-specs.ts'

/** One question per family. Whatever is wrong with the file is wrong usage of the command. */
export async function readDetectionSpecs(file: string, io: CommandIo): Promise<readonly DetectionSpec[]> {
  const result = deriveDetectionSpecs((await readWanAddress(file, io)).spec)
  if (result.kind === 'invalid') throw new UsageError(`${file}: ${result.problems.join('\n')}`)
  return result.specs
}

async function readWanAddress(file: string, io: CommandIo): Promise<WANAddress> {
  const { objects, problems } = readManifest(await readBytes(file, io))
  const [unreadable] = problems
  if (unreadable !== undefined) throw new UsageError(`${file}:${unreadable.position.line}: ${unreadable.message}`)
  const found = objects.filter(({ apiVersion, kind }) => apiVersion === API_VERSION && kind === 'WANAddress')
  const [manifest] = found
  if (manifest === undefined || found.length > 1) {
    throw new UsageError(`${file}: must hold one WANAddress of ${API_VERSION}, and holds ${found.length || 'none'}`)
  }
  const parsed = parseObject(manifest.value)
  if (parsed.kind === 'invalid') {
    const said = parsed.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    throw new UsageError(`${file}: ${said.join('\n')}`)
  }
  if (parsed.object.kind !== 'WANAddress') throw new UsageError(`${file}: holds no WANAddress`)
  return parsed.object
}

async function readBytes(file: string, io: CommandIo): Promise<Uint8Array> {
  if (file === '-') return collectBytes(io.stdin(), DEFAULT_LIMITS.maxBytes)
  try {
    return await readFileBytes(resolve(io.cwd, file), DEFAULT_LIMITS.maxBytes)
  } catch (error) {
    throw new UsageError(`${file}: cannot be read (${describeSystemError(error)})`)
  }
}
