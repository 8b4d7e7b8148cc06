import { describe, expect, it } from 'vitest'
import { readConfig, type ConfigSources } from './read-config.ts'

const read = (sources: Partial<ConfigSources>): ReturnType<typeof readConfig> =>
  readConfig({ flags: {}, env: {}, file: undefined, ...sources })

const file = (content: unknown): ConfigSources['file'] => ({ name: 'stoa.yaml', content })

describe('the configuration', () => {
  it('has a sensible value for everything nobody speaks of', () => {
    expect(read({})).toMatchObject({
      kind: 'ok',
      config: {
        metricsPort: 8080,
        pagePort: 51339,
        dryRun: false,
        leaderElection: true,
        logLevel: 'info',
        git: undefined,
      },
    })
  })

  it('takes a flag before the environment, and that before the file', () => {
    const sources = { env: { STOA_METRICS_PORT: '2' }, file: file({ metricsPort: 1, pagePort: 3, dryRun: true }) }
    expect(read({ ...sources, flags: { metricsPort: '4' } })).toMatchObject({ config: { metricsPort: 4, pagePort: 3 } })
    expect(read(sources)).toMatchObject({ config: { metricsPort: 2, dryRun: true } })
    expect(read({ ...sources, flags: { dryRun: false } })).toMatchObject({ config: { dryRun: false } })
  })

  it('reads lists from either', () => {
    expect(read({ env: { STOA_WATCH_NAMESPACES: 'a, b' } })).toMatchObject({ config: { watchNamespaces: ['a', 'b'] } })
    expect(read({ file: file({ watchNamespaces: ['a', 'b'] }) })).toMatchObject({
      config: { watchNamespaces: ['a', 'b'] },
    })
  })

  it('takes names of hosts, and nothing with a port', () => {
    expect(read({ env: { STOA_PAGE_HOSTS: 'stoa.example.com, pi.lan' } })).toMatchObject({
      config: { pageHosts: ['stoa.example.com', 'pi.lan'] },
    })
    expect(read({ env: { STOA_PAGE_HOSTS: 'pi.lan:51339' } }).kind).not.toBe('ok')
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['[::]', '::'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['[fe80:0::1%br-lan.2]', 'fe80::1%br-lan.2'],
    ['localhost', 'localhost'],
  ])('takes %s for a place to listen, which is %s', (text, host) => {
    expect(read({ flags: { host: text, dnsHost: text } })).toMatchObject({ config: { host, dnsHost: host } })
  })

  it.each(['127.0.0.1:8080', '[::1]:8080', '[localhost]', ':8080', 'http://localhost', '[::1', '127.0.0.1%lo', '::1%'])(
    'takes %s for none',
    (host) => {
      expect(read({ flags: { host } }).kind).not.toBe('ok')
    },
  )

  it('treats an empty variable as none, and an empty file as well', () => {
    expect(read({ env: { STOA_GIT: '' }, file: file(null) })).toMatchObject({ kind: 'ok', config: { git: undefined } })
  })

  it('takes no variable of the Pod for a setting of the cluster', () => {
    expect(read({ flags: { git: '.' }, env: { POD_NAMESPACE: 'dns' } })).toMatchObject({ kind: 'ok' })
  })

  it('lets variables be that are of others', () => {
    const env = {
      STOA_GIT_TOKEN: 't',
      STOA_SECRET_GIT: 's',
      STOA_PORT: 'tcp://10.0.0.1:80',
      STOA_VERSION: '1',
      STOA_GITT: '',
    }
    expect(read({ env }).kind).toBe('ok')
  })

  it('takes what belongs together', () => {
    expect(read({ flags: { git: '.', path: 'a', ref: 'b', data: 'c', hookSecretFile: 'd' } }).kind).toBe('ok')
    expect(read({ flags: { kubeconfig: 'a', context: 'b', watchNamespaces: 'c', leaderElection: false } }).kind).toBe(
      'ok',
    )
  })

  it.each<[string, Partial<ConfigSources>, string]>([
    [
      'a folder to follow in no repository',
      { flags: { path: 'production', data: 'd' } },
      '--path: only counts with --git (STOA_GIT), which is not given: name the repository or folder to follow, or leave it out\n--data: ',
    ],
    ['an empty repository', { env: { STOA_GIT: '', STOA_DATA: 'd' } }, 'STOA_DATA: only counts with --git (STOA_GIT)'],
    [
      'a hook in a cluster',
      { file: file({ hookSecretFile: 'h' }) },
      'stoa.yaml: hookSecretFile: only counts with --git',
    ],
    [
      'a cluster beside a repository',
      { flags: { git: '.', kubeconfig: 'nope' }, env: { STOA_WATCH_NAMESPACES: 'a' } },
      '--kubeconfig: only counts in a cluster, and --git (STOA_GIT) is given: leave out one of them\nSTOA_WATCH_NAMESPACES: ',
    ],
    [
      'a Lease beside a repository',
      { flags: { git: '.', leaseNamespace: 'a' } },
      '--lease-namespace: only counts in a',
    ],
    [
      'a port that is none',
      { flags: { metricsPort: '99999' } },
      '--metrics-port: "99999" is not a port from 0 to 65535',
    ],
    ['a level nobody knows', { env: { LOG_LEVEL: 'loud' } }, 'LOG_LEVEL: "loud" is not debug or info or warn or error'],
    [
      'a namespace that is none',
      { env: { STOA_WATCH_NAMESPACES: 'a,B' } },
      'STOA_WATCH_NAMESPACES: "a,B" is not names of namespaces, separated by commas',
    ],
    [
      'a switch that is neither',
      { file: file({ dryRun: 'maybe' }) },
      'stoa.yaml: dryRun: "maybe" is not true or false',
    ],
    [
      'variables that are misspelt',
      { env: { STOA_DRYRUN: 'true', STOA_LOG_LEVEL: 'debug', STOA_CONFIG: 'stoa.yaml' } },
      'STOA_DRYRUN: is no variable of Stoa; did you mean STOA_DRY_RUN?\nSTOA_LOG_LEVEL: is no variable of Stoa; did you mean LOG_LEVEL?\nSTOA_CONFIG: is no variable of Stoa; name the file by --config',
    ],
    ['a key nobody knows', { file: file({ port: 1 }) }, 'stoa.yaml: port is not a setting; there are '],
    ['a file that is a list', { file: file([1]) }, 'stoa.yaml: must hold settings such as metricsPort: 8080'],
    [
      'a text of which YAML makes a number',
      { flags: { git: '.' }, file: file({ ref: 1.1, path: true }) },
      'stoa.yaml: path: YAML reads true here, which is no text: put it in quotes\nstoa.yaml: ref: YAML reads 1.1 here',
    ],
    ['nothing in a list', { file: file({ watchNamespaces: ['a', null] }) }, 'YAML reads null here, which is no text'],
    [
      'a value that is missing',
      { file: file({ host: null }) },
      'stoa.yaml: host: null is not an address or a host name',
    ],
    ['an object for a value', { file: file({ git: {} }) }, 'stoa.yaml: git: {} is not a text'],
    [
      'what a variable that is not set leaves',
      { flags: { kubeconfig: '', metricsPort: '' } },
      '--kubeconfig: is empty; give a value, or leave it out\n--metrics-port: is empty; give a value, or leave it out',
    ],
  ])('refuses %s', (_what, sources, problem) => {
    const result = read(sources)
    expect(result.kind === 'invalid' && result.problems.join('\n')).toContain(problem)
  })
})
