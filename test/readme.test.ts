// What the README shows is what happens: its session with `stoa validate` is run, and the scripts it names are there.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import packageInfo from '../package.json' with { type: 'json' }
import { runStoa } from './support/run-stoa.ts'

const root = new URL('..', import.meta.url).pathname
const readme = await readFile(join(root, 'README.md'), 'utf8')

/** What a command of the session prints, by the command. */
const session = new Map(
  (/^## Validate\n\n```console\n([\s\S]*?)\n```$/m.exec(readme)?.[1] ?? '').split(/^\$ /m).map((step) => {
    const [command = '', ...output] = step.trimEnd().split('\n')
    return [command, output]
  }),
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-readme-'))
  await writeFile(join(folder, 'record.yaml'), session.get('cat record.yaml')?.join('\n') ?? '')
})
afterAll(() => rm(folder, { recursive: true }))

it.each([
  ['stoa validate examples', root, 0],
  ['stoa validate record.yaml', undefined, 1],
])('shows what `%s` prints', async (command, cwd, expected) => {
  const { code, stdout, stderr } = await runStoa(command.split(' ').slice(1), { cwd: cwd ?? folder })
  expect(`${stdout}${stderr}`.trimEnd().split('\n')).toEqual(session.get(command))
  expect(code).toBe(expected)
})

it('opens with the two commands, of which the first is the demo that test/demo.test.ts runs', () => {
  expect(readme).toMatch(/^# Stoa\n\n```sh\nnpm ci && npm start .*\nnpm ci && npm test .*\n```\n/)
  expect(packageInfo.scripts.start).toBe('node dist/stoa.js demo')
})

it.each(['README.md', 'CONTRIBUTING.md'])('%s names scripts that are there', async (file) => {
  const text = await readFile(join(root, file), 'utf8')
  const names = [...text.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(
    ([, script, name]) => script ?? name ?? '',
  )
  expect(names.length).toBeGreaterThan(1)
  expect(names.filter((name) => !Object.hasOwn(packageInfo.scripts, name))).toEqual([])
})
