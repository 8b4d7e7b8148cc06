import { expect, it } from 'vitest'
import { Migration } from './migration.ts'
import { readIni } from './read-ini.ts'

function read(text: string): { readonly values: object; readonly problems: readonly string[] } {
  const migration = new Migration()
  const sections = [...readIni(text, 'dns.ini', migration)]
  const values = Object.fromEntries(
    sections.map(([name, { values }]) => [name, Object.fromEntries([...values].map(([key, { text }]) => [key, text]))]),
  )
  return { values, problems: migration.problems.map(({ place, message }) => `${place.line}: ${message}`) }
}

it.each([
  ['indented as a whole, as in a ConfigMap', '    [gandi]\n    a = 1\n    b: 2\n', { gandi: { a: '1', b: '2' } }],
  ['with indented keys', '[gandi]\n  a = 1\n  b = 2\n', { gandi: { a: '1', b: '2' } }],
  [
    'that goes on further in',
    '  [gandi]\n  a = 1\n    2\n\n    # not this\n    3\n  b = 4',
    { gandi: { a: '1\n2\n3', b: '4' } },
  ],
  ['with text behind a section', '[gandi] ; mine\r\na = 1\r\n', { gandi: { a: '1' } }],
  ['with a percent sign', '[gandi]\na = x%%20y\n  %%z', { gandi: { a: 'x%20y\n%z' } }],
  [
    'whose values refer to others',
    '[DEFAULT]\nzone = home.example\n[gandi]\nHost = www\nfqdn = %(HOST)s.%(zone)s\nurl = https://%(fqdn)s/%%20\n[log]\n',
    {
      gandi: { zone: 'home.example', host: 'www', fqdn: 'www.home.example', url: 'https://www.home.example/%20' },
      log: { zone: 'home.example' },
    },
  ],
])('reads a file %s', (_, text, values) => {
  expect(read(text)).toEqual({ values, problems: [] })
})

it('takes a line that is no entry for none, further in or not', () => {
  const { problems } = read('[gandi]\n  nonsense\n')
  expect(problems).toEqual(['2: is neither key = value nor a [section]'])
})

it.each([
  ['[a]\nb = %(c)s\n', 'b refers to %(c)s, which is neither in its section nor in [DEFAULT]: add it'],
  ['[a]\nb = 5 %\n', 'b has a percent sign that stands for nothing: write %% for one that is meant as it is'],
  ['[a]\nb = %(b)s\n', 'b refers to itself, or to others over too many steps: write it out'],
  [
    '[DEFAULT]\nb = %x\n[a]\n[c]\n',
    'b has a percent sign that stands for nothing: write %% for one that is meant as it is',
  ],
])('refuses %j, once, as Python does', (text, message) => {
  expect(read(text).problems).toEqual([`2: ${message}`])
})
