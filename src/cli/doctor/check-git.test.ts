import { expect, it } from 'vitest'
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
