// `stoa plan`: which DNS changes a commit causes, before anybody merges it.
import { Option, type Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import { PLAN_FORMATS, type PlanOptions } from './plan/plan-options.ts'

const HELP = `
Without --live nothing is asked: the two trees are compared, and what only the world knows is shown in words, such as "the WAN address".

  stoa plan                              what edits of the working tree would change, against HEAD
  stoa plan apps/dns --from main         the same of one folder, against a branch
  stoa plan --from main --to HEAD        between two commits
  stoa plan --live --data /var/lib/stoa  against the providers, with the Secrets of stoa run --git

Exit codes: 0 fine, 1 findings or failure (with --live also while something cannot be read), 2 changes (only with --detailed-exitcode; refusals are reported, not errors), 64 wrong usage.`

export function registerPlan(program: Command, io: CommandIo): void {
  program
    .command('plan')
    .description('show what would change in DNS')
    .argument('[path]', 'folder with manifests', '.')
    .option('--from <ref>', 'branch, tag or commit to start from (default: HEAD; outside a repository: nothing)')
    .option('--to <ref>', 'branch, tag or commit to arrive at (default: the working tree)')
    .option('--live', 'compare with what the providers hold')
    .option('--data <folder>', 'with --live: the data directory of stoa run --git (default: stoa-data)')
    .option('--timeout <seconds>', 'with --live: how long the world may take to answer', '60')
    .addOption(new Option('--output <format>', 'how to print the plan').choices(PLAN_FORMATS).default('text'))
    .option('--detailed-exitcode', 'exit with 2 when something would change')
    .option('--default-namespace <name>', 'the namespace of objects that name none', 'default')
    .addHelpText('after', HELP)
    .action(async (path: string, options: PlanOptions) => {
      // Git, the parser and the providers are only loaded once they are needed: other commands start without them.
      const { runPlan } = await import('./plan/run-plan.ts')
      await runPlan(path, options, io)
    })
}
