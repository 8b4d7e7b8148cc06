import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { countFindings } from '../status/explanation.ts'
import { checkGitMode } from './check-git.ts'

it('says what is wrong with the data directory, and blames no user for it', async () => {
  const report = { version: '', source: '', findings: [], metricsPort: 0, dryRun: false }
  const folder = '/nowhere/stoa-data'
  const links = await checkGitMode({ folder, report, print: (words) => words }, new AbortController().signal)
  expect(links.find(({ label }) => label === 'Data')?.lines).toMatchObject([
    {
      text: `${folder} cannot be read and written (ENOENT: no such file or directory): without it Stoa remembers nothing`,
    },
  ])
})

it.each([
  ['NodePool: not read yet: there is no branch main', 1, 'the source cannot be read'],
  ['NodePool: not read yet: there is no branch main\nthe disk is full', 2, 'the disk is full'],
])('tells once that the source cannot be read where health says %j', async (text, findings, told) => {
  const server = createServer((_request, response) => void response.writeHead(503).end(`${text}\n`))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const problem = 'there is no branch main'
  const report = { version: '1', source: 'x', findings: [], metricsPort: port, dryRun: false, problem }
  const examined = { folder: '.', report, print: (words: string) => words }
  const links = await checkGitMode(examined, new AbortController().signal)
  server.close()
  const own = links.filter(({ label }) => label === 'Process' || label === 'Git')
  expect(countFindings(own)).toBe(findings)
  expect(own.flatMap(({ lines }) => lines).map((line) => line.text)).toEqual([
    'Stoa 1 runs',
    `http://127.0.0.1:${port}/health says 503: ${told}`,
    expect.stringMatching(/^git version/),
    `x: ${problem} (nothing has been applied yet)`,
  ])
})
