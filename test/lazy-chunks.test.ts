// The clouds' libraries are large, so each is a chunk of its own that loads on first use. Nothing but a bundle shows that it does.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname

/** Tokens that the libraries ask of stand-ins: no request leaves the process. */
const ENTRY = `
  import { generateKeyPairSync } from 'node:crypto'
  import { createAzureTokens } from './src/providers/azure/azure-tokens.ts'
  import { createGoogleTokens } from './src/providers/google/google-tokens.ts'
  const pem = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem })
  const account = { type: 'service_account', client_email: 'a@test.example', private_key: privateKey }
  const answer = (text) => ({ access_token: text, expires_in: 3600, token_type: 'Bearer' })
  const sendRequest = async (request) =>
    ({ request, status: 200, headers: request.headers, bodyAsText: JSON.stringify(answer('from Azure')) })
  const sources = [
    createGoogleTokens({
      project: 'test', timeoutMs: 5000, serviceAccountJSON: () => JSON.stringify(account),
      fetch: async () => Response.json(answer('from Google')),
    }),
    createAzureTokens({
      tenantID: 'test', application: () => ({ clientID: 'a', clientSecret: 'b' }),
      clientOptions: { httpClient: { sendRequest } },
    }),
  ]
  for (const source of sources) console.log(await source.get(new AbortController().signal))
`

describe('in the bundle, the library of', () => {
  let folder: string
  let inputs: ReadonlyMap<string, readonly string[]>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-chunks-'))
    const { metafile } = await build({
      absWorkingDir: root,
      stdin: { contents: ENTRY, resolveDir: root, sourcefile: 'entry.ts', loader: 'js' },
      outdir: folder,
      entryNames: 'entry',
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      metafile: true,
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    })
    inputs = new Map(Object.entries(metafile.outputs).map(([path, { inputs: from }]) => [path, Object.keys(from)]))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true }))

  it.each([
    ['Google', 'node_modules/google-auth-library/'],
    ['Azure', 'node_modules/@azure/identity/'],
  ])('%s is not in the file that starts', (_cloud, library) => {
    const holding = [...inputs].filter(([, from]) => from.some((path) => path.startsWith(library)))
    expect(holding.length).toBeGreaterThan(0)
    expect(holding.map(([path]) => path).filter((path) => path.endsWith('/entry.js'))).toEqual([])
  })

  it('each loads when it is needed', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'entry.js')], { timeout: 30_000 })
    expect(stdout.trim().split('\n')).toEqual(['from Google', 'from Azure'])
  }, 60_000)
})
