// What `npm run build` makes: how large it is, and that a new build never leaves a gap.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../scripts/bundle.ts'
import { replaceBuild } from '../scripts/replace-build.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-build-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the bundle', () => {
  /** Whatever a chunk holds of these makes it a cloud's. */
  const CLOUDS = /^node_modules\/(?:@aws|@azure|@smithy|google-auth-library|gaxios|gcp-metadata)/
  const ENTRY = 'stoa.js'

  it('starts without the libraries of the clouds, and has at most 6 MB beside them', async () => {
    const { outputs } = await bundle(join(folder, 'dist'))
    const scripts = Object.entries(outputs).filter(([path]) => path.endsWith('.js'))
    const isClouds = ([, { inputs }]: (typeof scripts)[number]): boolean =>
      Object.keys(inputs).some((path) => CLOUDS.test(path))
    expect(scripts.filter(isClouds).length).toBeGreaterThanOrEqual(3)

    const entry = scripts.find(([path]) => path.endsWith(`/${ENTRY}`))
    const started = new Set<string>()
    const start = (path: string): void => {
      if (started.has(path)) return
      started.add(path)
      const { imports = [] } = outputs[path] ?? {}
      for (const { kind, path: next, external } of imports)
        if (kind === 'import-statement' && external !== true) start(next)
    }
    start(entry?.[0] ?? '')
    expect([...started]).toContain(entry?.[0])
    expect(scripts.filter(isClouds).filter(([path]) => started.has(path))).toEqual([])

    const bytes = scripts.filter((script) => !isClouds(script)).reduce((sum, [, output]) => sum + output.bytes, 0)
    expect(bytes).toBeGreaterThan(1_000_000)
    expect(bytes).toBeLessThanOrEqual(6_000_000)
  }, 120_000)
})

describe('a new build', () => {
  const dist = (): string => join(folder, 'dist')

  async function build(...files: readonly string[]): Promise<void> {
    await replaceBuild(dist(), async (staging) => {
      for (const file of ['stoa.js', ...files]) await writeFile(join(staging, file), `${file} ${files.join()}`)
    })
  }

  /** As if the last build had been made a while ago. */
  async function age(seconds: number): Promise<void> {
    for (const file of await readdir(dist())) {
      const { mtimeMs } = await stat(join(dist(), file))
      await utimes(join(dist(), file), mtimeMs / 1000 - seconds, mtimeMs / 1000 - seconds)
    }
  }

  it('leaves the chunks of the one before for processes that still run from there, and of none before that', async () => {
    await build('a.js', 'same.js')
    await age(10)
    await build('b.js', 'same.js')
    expect((await readdir(dist())).sort()).toEqual(['a.js', 'b.js', 'same.js', 'stoa.js'])
    await age(10)
    await build('c.js')
    expect((await readdir(dist())).sort()).toEqual(['b.js', 'c.js', 'same.js', 'stoa.js'])
    expect(await readFile(join(dist(), 'stoa.js'), 'utf8')).toBe('stoa.js c.js')
    expect((await stat(join(dist(), 'stoa.js'))).mode & 0o111).toBe(0o111)
  })

  it('that fails leaves the last one as it was, and nothing beside it', async () => {
    await build('a.js')
    const failing = replaceBuild(dist(), async (staging) => {
      await mkdir(join(staging, 'half'))
      throw new Error('a syntax error')
    })
    await expect(failing).rejects.toThrow('a syntax error')
    expect((await readdir(dist())).sort()).toEqual(['a.js', 'stoa.js'])
    expect(await readdir(folder)).toEqual(['dist'])
  })
})
