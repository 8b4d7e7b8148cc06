// `npm run test:real`: says which real servers were found, builds what can be built, and runs the tests against them.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { findBinary, locateBinary, type BinaryName } from './support/binaries.ts'
import { findOnPath, runCommand } from './support/process.ts'

interface Need {
  readonly name: string
  /** Without a required one the run fails; an optional one is only reported. */
  readonly required: boolean
  /** Its path; when it is missing, an error that says what to do. */
  readonly find: () => Promise<string>
  readonly versionArgs: readonly string[]
}

interface Finding {
  readonly found: boolean
  readonly text: string
}

const NEEDS: readonly Need[] = [
  { name: 'kube-apiserver', required: true, find: () => findOrBuild('kube-apiserver'), versionArgs: ['--version'] },
  { name: 'etcd', required: true, find: () => findOrBuild('etcd'), versionArgs: ['--version'] },
  { name: 'kubectl', required: true, find: () => findOrBuild('kubectl'), versionArgs: ['version', '--client'] },
  installed('coturn', 'turnserver', 'coturn', ['--version']),
  installed('BIND', 'named', 'bind9', ['-v']),
  installed('dig', 'dig', 'bind9-dnsutils', ['-v']),
  installed('Knot', 'knotd', 'knot', ['--version']),
  installed('PowerDNS', 'pdns_server', 'pdns-server pdns-backend-sqlite3 sqlite3', ['--version']),
  {
    name: 'argocd',
    required: false,
    find: () =>
      findInstalled('argocd', 'put it on the PATH (https://argo-cd.readthedocs.io/en/stable/cli_installation/)'),
    versionArgs: ['version', '--client', '--short'],
  },
  {
    name: 'helm',
    required: false,
    find: () => findOrBuild('helm'),
    versionArgs: ['version', '--short'],
  },
  {
    name: 'systemd-analyze',
    required: false,
    find: () => findInstalled('systemd-analyze', 'optional'),
    versionArgs: ['--version'],
  },
]

function findOrBuild(name: BinaryName): Promise<string> {
  const mustBuild = locateBinary(name) === undefined && findOnPath('go') !== undefined
  if (mustBuild) console.log(`building ${name}; the first time this takes minutes`)
  return findBinary(name)
}

/** A server that a Debian package has. */
function installed(name: string, command: string, packages: string, versionArgs: readonly string[]): Need {
  const remedy = `install it (Debian: apt-get install ${packages})`
  return { name, required: true, find: () => findInstalled(command, remedy), versionArgs }
}

function findInstalled(command: string, remedy: string): Promise<string> {
  const path = findOnPath(command)
  return path === undefined ? Promise.reject(new Error(remedy)) : Promise.resolve(path)
}

async function inspect(need: Need): Promise<Finding> {
  try {
    const path = await need.find()
    const { stdout, stderr } = await runCommand(path, need.versionArgs)
    const version = `${stdout}\n${stderr}`.match(/v?\d+\.\d+[\w.+-]*/)?.[0] ?? 'unknown version'
    return { found: true, text: `${version.padEnd(10)}  ${path}` }
  } catch (error) {
    return { found: false, text: `missing: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The exit code of vitest. */
function runVitest(args: readonly string[]): Promise<number> {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'real', ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  // Vitest ends on these by itself; wait for it rather than leave it behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
}

const nameWidth = Math.max(...NEEDS.map(({ name }) => name.length))
const missing: string[] = []
for (const need of NEEDS) {
  const { found, text } = await inspect(need)
  console.log(`${need.name.padEnd(nameWidth)}  ${text}`)
  if (need.required && !found) missing.push(need.name)
}
if (missing.length > 0) {
  console.error(`\nRequired and missing: ${missing.join(', ')}. docs/testing.md says where each comes from.`)
}
process.exitCode = missing.length > 0 ? 1 : await runVitest(process.argv.slice(2))
