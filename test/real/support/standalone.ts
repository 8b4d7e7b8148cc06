// A Stoa without a cluster as people run it: the built bundle over a repository, with a data directory of its own, asked with dig and kubectl.
import { join } from 'node:path'
import { BUNDLE, runStoa, type CommandResult } from '../../support/run-stoa.ts'
import { findBinary } from './binaries.ts'
import { createTempDir } from './leftovers.ts'
import { findFreePort } from './ports.ts'
import { findOnPath, runCommand, startServer, type RunningServer } from './process.ts'

export interface Standalone {
  readonly data: string
  /** Starts the process, and returns when it listens, or at once with `whenLive: false`. */
  readonly start: (how?: { readonly whenLive: boolean }) => Promise<RunningServer>
  readonly isReady: () => Promise<boolean>
  /** What dig +short prints, sorted; undefined while no name server answers. */
  readonly dig: (name: string, type?: string) => Promise<readonly string[] | undefined>
  /** With the kubeconfig from the data directory. */
  readonly kubectl: (...args: readonly string[]) => Promise<CommandResult>
  /** A daily command for this Stoa. */
  readonly stoa: (...args: readonly string[]) => Promise<CommandResult>
  readonly remove: () => Promise<void>
}

/** Nothing runs yet. */
export async function prepareStandalone(repository: string): Promise<Standalone> {
  const folder = await createTempDir('standalone')
  const data = join(folder.path, 'data')
  const [dnsPort, metricsPort, viewPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const args = [
    ...[BUNDLE, 'run', `--git=${repository}`, `--data=${data}`, '--page-port=0'],
    ...[`--dns-port=${dnsPort}`, `--metrics-port=${metricsPort}`, `--view-port=${viewPort}`],
  ]
  const answers = async (path: string): Promise<boolean> => (await fetch(`http://127.0.0.1:${metricsPort}${path}`)).ok
  return {
    data,
    start: ({ whenLive } = { whenLive: true }) =>
      startServer({
        name: 'stoa run --git',
        command: process.execPath,
        args,
        isReady: () => (whenLive ? answers('/health/live') : Promise.resolve(true)),
      }),
    isReady: () => answers('/health/ready').catch(() => false),
    dig: (name, type = 'A') => dig(dnsPort, name, type),
    kubectl: async (...more) => {
      const access = [`--kubeconfig=${join(data, 'kubeconfig')}`, `--cache-dir=${join(folder.path, 'kubectl-cache')}`]
      return await runCommand(await findBinary('kubectl'), [...access, ...more])
    },
    stoa: (...more) => runStoa([...more, `--data=${data}`]),
    remove: folder.remove,
  }
}

async function dig(port: number, name: string, type: string): Promise<readonly string[] | undefined> {
  const command = findOnPath('dig')
  if (command === undefined) throw new Error('dig is missing: install it (Debian: apt-get install bind9-dnsutils)')
  const args = ['@127.0.0.1', '-p', String(port), '+short', '+tries=1', '+time=2', name, type]
  const { code, stdout } = await runCommand(command, args)
  // Without a server it complains where it should print values.
  return code === 0 ? stdout.split('\n').filter(Boolean).sort() : undefined
}
