// `stoa argocd generate`: a config management plugin of Argo CD. It checks a tree of manifests as a whole and prints it, or fails the sync
// before any of it is carried out.
import type { Command } from 'commander'
import { checkNamespace } from './check-namespace.ts'
import type { CommandIo } from './command-io.ts'
import { EXIT } from './exit-codes.ts'
import { describeSummary, formatFindings } from './validate/format-findings.ts'
import { listFiles } from './validate/list-files.ts'

interface GenerateOptions {
  readonly strict?: true
  readonly defaultNamespace?: string
}

const HELP = `
Every object of the tree is printed, ours and others. Ours get two annotations that depend on nothing but the files: dns.stoa.dev/source-file
and dns.stoa.dev/source-hash. Nothing is printed when there is an error, nor when there is no object: Argo CD would take nothing for
"delete everything". What cannot be printed is an error, too: something that looks like an object but has no apiVersion, an integer of more than
53 bits that would lose its last digits, and links that lead out of the given folder. Hidden folders are left out. Sources of Kustomize are
rendered first: kustomize build . | stoa argocd generate -

Exit codes: 0 printed, 1 findings or nothing to print, 64 wrong usage.`

export function registerArgocd(program: Command, io: CommandIo): void {
  program
    .command('argocd')
    .description('what Argo CD calls')
    .command('generate')
    .description('check manifests as a whole and print them, as a config management plugin')
    .argument('<path...>', 'files, folders, or - for standard input')
    .option('--strict', 'let warnings fail, too')
    .option('--default-namespace <name>', "the namespace of objects that name none (default: the application's)")
    .addHelpText('after', HELP)
    .action((paths: readonly string[], options: GenerateOptions) => generate(paths, options, io))
}

/** Standard output is for manifests alone; what there is to say goes to standard error, which Argo CD shows. */
async function generate(paths: readonly string[], options: GenerateOptions, io: CommandIo): Promise<void> {
  const { strict = false } = options
  // An application that names no namespace has an empty one.
  const defaultNamespace = options.defaultNamespace ?? (io.env['ARGOCD_APP_NAMESPACE'] || 'default')
  checkNamespace('--default-namespace', defaultNamespace)
  const list = await listFiles(
    paths.filter((path) => path !== '-'),
    io.cwd,
  )
  // The parser and the schemas are only loaded once they are needed: other commands start without them.
  const { Generation } = await import('./argocd/generation.ts')
  const { readInputs } = await import('./validate/read-inputs.ts')
  const generation = new Generation(defaultNamespace)
  for (const file of list.kustomizations) generation.addKustomization(file)
  for (const link of list.skippedLinks) generation.addSkippedLink(link)
  await readInputs(generation, { list, fromStdin: paths.includes('-') }, io)
  const { findings, summary, manifests } = generation.report()
  io.stderr(`${formatFindings(findings, summary, 'text')}${describeSummary(summary)}\n`)
  const isRefused = summary.errors > 0 || (strict && summary.warnings > 0)
  if (!isRefused) io.stdout(manifests)
  io.setExitCode(isRefused ? EXIT.failure : EXIT.fine)
}
