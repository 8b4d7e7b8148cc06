// `stoa import`: a zone as it is now, as manifests that would take it over.
import type { Command } from 'commander'
import { addRemoteFlags } from './remote/open-remote.ts'
import type { CommandIo } from './command-io.ts'
import type { ImportFlags } from './import/run-import.ts'

const HELP = `
Nothing is written at the provider: the zone is listed, no more. Sets of types A, AAAA and CNAME become DynamicDNSRecords with
adopt: true; what somebody else owns, and what cannot be said in a manifest, is left out and named in comments.

PROVIDER is a file with a DNSProvider (- for standard input), or the name of one in the cluster or of a running Stoa: [NAMESPACE/]NAME.
Its Secret is read from --secret-dir, as <namespace>/<name>/<key> or <name>/<key>, or from STOA_SECRET_<NAME>_<KEY> in the environment.

Exit codes: 0 imported, 1 the zone or the provider cannot be read, 64 wrong usage.`

export function registerImport(program: Command, io: CommandIo): void {
  addRemoteFlags(
    program
      .command('import')
      .description('write manifests that take over a zone as it is')
      .requiredOption('--provider <file-or-name>', 'the DNSProvider that serves the zone')
      .requiredOption('--zone <zone>', 'the zone to read')
      .option('--secret-dir <folder>', 'where Secrets are, as files (default: secrets in the data directory)')
      .option('--namespace <name>', "the namespace of the records (default: the DNSProvider's)")
      .option('--out <folder>', 'write one file per record into this folder, and the plan into plan.txt'),
  )
    .addHelpText('after', HELP)
    .action(async (flags: ImportFlags) => {
      // Providers and schemas are only loaded once they are needed: other commands start without them.
      const { runImport } = await import('./import/run-import.ts')
      await runImport(flags, io)
    })
}
