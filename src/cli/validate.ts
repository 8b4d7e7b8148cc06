// `stoa validate`: says before a commit what the apiserver would say after it, and what only a look at all objects can tell.
import { Option, type Command } from 'commander'
import { checkNamespace } from './check-namespace.ts'
import type { CommandIo } from './command-io.ts'
import { EXIT } from './exit-codes.ts'
import { describeSummary, formatFindings, OUTPUT_FORMATS, type OutputFormat } from './validate/format-findings.ts'
import { listFiles } from './validate/list-files.ts'

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
  checkNamespace('--default-namespace', defaultNamespace)
  const list = await listFiles(
    paths.filter((path) => path !== '-'),
    io.cwd,
  )
  // The parser and the schemas are only loaded once they are needed: other commands start without them.
  const { Validation } = await import('./validate/validation.ts')
  const { readInputs } = await import('./validate/read-inputs.ts')
  const validation = new Validation(defaultNamespace)
  await readInputs(validation, { list, fromStdin: paths.includes('-') }, io)
  const { findings, summary } = validation.report()
  io.stdout(formatFindings(findings, summary, output))
  io.stderr(`${describeSkippedLinks(list.skippedLinks)}${describeSummary(summary)}\n`)
  io.setExitCode(summary.errors > 0 || (strict && summary.warnings > 0) ? EXIT.failure : EXIT.fine)
}

function describeSkippedLinks(links: readonly string[]): string {
  if (links.length === 0) return ''
  const more = links.length > 5 ? ` and ${links.length - 5} more` : ''
  return `note: links that lead nowhere or out of their folder were left out: ${links.slice(0, 5).join(', ')}${more}\n`
}
