// What the pages about moving show and name is so: commands, links, manifests.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCommand } from './support/command-bench.ts'

const guides = new URL('../docs/guides/', import.meta.url)
const PAGES = ['migrating.md', 'migrating/esddns.md', 'migrating/epictetus.md', 'migrating/external-dns.md']

describe.each(PAGES)('%s', (page) => {
  const url = new URL(page, guides)
  const text = readFileSync(url, 'utf8')

  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^):]+)\)/g)].map(([, link = '']) => link.replace(/#.*$/, ''))
    expect(links.length).toBeGreaterThan(0)
    expect(links.filter((link) => !existsSync(new URL(link, url)))).toEqual([])
  })

  it('names commands and options that are there', async () => {
    const commands = [...text.matchAll(/\bstoa (import|migrate [\w-]+|validate)\b([^`\n]*)/g)]
    expect(commands.length).toBeGreaterThan(0)
    for (const [, name = '', rest = ''] of commands) {
      const { code, stdout } = await runCommand([...name.split(' '), '--help'])
      expect([name, code]).toEqual([name, 0])
      const options = [...(rest.split(' -- ')[0] ?? '').matchAll(/--[a-z][\w-]*/g)].map(([option]) => option)
      for (const option of options) expect(stdout).toContain(option)
    }
  })

  it('shows manifests that are valid', async () => {
    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
    for (const stdin of blocks) expect(await runCommand(['validate', '-'], { stdin })).toMatchObject({ code: 0 })
  })

  it('makes the namespace before the old program stops', () => {
    const stops = text.search(/[Ss]cale (Epictetus|ESDDNS) to zero|scale deploy/)
    if (stops === -1) return
    const makes = text.indexOf('kubectl create namespace dns')
    expect(makes).toBeGreaterThan(-1)
    expect(makes).toBeLessThan(stops)
  })
})
