// `stoa validate`: says before a commit what the apiserver would say after it, and what only a look at all objects can tell.
import { extname } from 'node:path'
import { Option, type Command } from 'commander'
import { API_GROUP } from '../api/kinds.ts'
import type { CommandIo } from './command-io.ts'
import { EXIT } from './exit-codes.ts'
import { UsageError } from './usage-error.ts'
import { describeSummary, formatFindings, OUTPUT_FORMATS, type OutputFormat } from './validate/format-findings.ts'
import { describeSystemError, listFiles, type InputFile } from './validate/list-files.ts'
import { collectBytes, readFileBytes } from './validate/read-bytes.ts'
import type { Validation } from './validate/validation.ts'

const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

interface ValidateOptions {
  readonly strict?: true
  readonly output: OutputFormat
  readonly defaultNamespace: string
}

const HELP = `
Folders are searched for *.yaml, *.yml and *.json; hidden folders are left out. Documents of other kinds are ignored.
Sources of Kustomize and Helm are checked after rendering: kustomize build . | stoa validate -

Exit codes: 0 no findings, 1 findings (warnings alone only with --strict), 64 wrong usage.`

export function registerValidate(program: Command, io: CommandIo): void {
  program
    .command('validate')
    .description('check manifests as the apiserver would, and against one another')
    .argument('<path...>', 'files, folders, or - for standard input')
    .option('--strict', 'let warnings fail, too')
    .addOption(new Option('--output <format>', 'how to print findings').choices(OUTPUT_FORMATS).default('text'))
    .option('--default-namespace <name>', 'the namespace of objects that name none', 'default')
    .addHelpText('after', HELP)
    .action((paths: readonly string[], options: ValidateOptions) => validate(paths, options, io))
}

async function validate(paths: readonly string[], options: ValidateOptions, io: CommandIo): Promise<void> {
  const { strict = false, output, defaultNamespace } = options
  if (!NAMESPACE.test(defaultNamespace)) {
    throw new UsageError(`--default-namespace: ${defaultNamespace} is no namespace name`)
  }
  const named = paths.filter((path) => path !== '-')
  const list = await listFiles(named, io.cwd)
  // The parser and the schemas are only loaded once they are needed: other commands start without them.
  const { MAX_FILE_BYTES, Validation } = await import('./validate/validation.ts')
  const validation = new Validation(defaultNamespace)
  if (named.length < paths.length) validation.addFile('<stdin>', await collectBytes(io.stdin(), MAX_FILE_BYTES))
  for (const { shown, error } of list.unreadable) validation.addUnreadableFile(shown, describeUnreadable(error))
  for (const file of list.files) {
    io.signal.throwIfAborted()
    await addFile(validation, file, MAX_FILE_BYTES)
  }
  const { findings, summary } = validation.report()
  io.stdout(formatFindings(findings, summary, output))
  io.stderr(`${describeSkippedLinks(list.skippedLinks)}${describeSummary(summary)}\n`)
  io.setExitCode(summary.errors > 0 || (strict && summary.warnings > 0) ? EXIT.failure : EXIT.fine)
}

async function addFile(validation: Validation, { shown, path, named }: InputFile, limit: number): Promise<void> {
  const bytes = await readFileBytes(path, limit).catch((error: unknown) => describeUnreadable(error))
  if (typeof bytes === 'string') {
    validation.addUnreadableFile(shown, bytes)
    return
  }
  // Many tools keep their settings in JSON with comments: no concern of ours.
  const isForeign = !named && extname(path) === '.json' && !bytes.includes(API_GROUP)
  if (!isForeign) validation.addFile(shown, bytes)
}

function describeUnreadable(error: unknown): string {
  return `cannot be read (${describeSystemError(error)})`
}

function describeSkippedLinks(links: readonly string[]): string {
  if (links.length === 0) return ''
  const more = links.length > 5 ? ` and ${links.length - 5} more` : ''
  return `note: links that lead out of their folder were left out: ${links.slice(0, 5).join(', ')}${more}\n`
}
