import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, readManifest, type Manifest } from './read-manifest.ts'

const encoder = new TextEncoder()
const HEAD = 'apiVersion: v1\nkind: Thing\n'

function read(text: string, limits = DEFAULT_LIMITS): Manifest {
  return readManifest(encoder.encode(text), limits)
}

function readOne(text: string): Manifest['objects'][number] {
  const { objects, problems } = read(text)
  expect(problems).toEqual([])
  const [first, ...others] = objects
  if (first === undefined || others.length > 0) throw new Error(`${objects.length} objects instead of one`)
  return first
}

function firstProblem(text: string | Uint8Array): string {
  const { problems } = typeof text === 'string' ? read(text) : readManifest(text)
  const [problem] = problems
  return problem === undefined ? 'none' : `${problem.position.line}:${problem.position.column}: ${problem.message}`
}

describe('documents', () => {
  it('are cut at lines that begin with ---, and empty ones do not count', () => {
    const manifest = read(`---\n# only a comment\n---\n${HEAD}v: 1\n--- # next\n${HEAD}v: 2\n---\nnull\n---\n`)
    expect(manifest.objects.map(({ value }) => value.v)).toEqual([1, 2])
    expect(manifest.otherDocuments).toBe(0)
  })

  it('that are no Kubernetes objects are counted and left out', () => {
    const manifest = read('replicas: 3\n---\njust text\n---\n- a list\n---\napiVersion: 1\nkind: Thing\n')
    expect(manifest).toMatchObject({ objects: [], problems: [], otherDocuments: 4 })
  })

  it('that are lists are taken apart, with places in the file', () => {
    const list = 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ThingList\n  items:\n'
    const { objects } = read(
      `${list}  - {apiVersion: v1, kind: Thing, metadata: {name: a}, v: 7}\n- apiVersion: v1\n  kind: B\n`,
    )
    expect(objects.map(({ kind, name }) => [kind, name])).toEqual([
      ['Thing', 'a'],
      ['B', undefined],
    ])
    expect(objects[0]?.locate(['v'])).toEqual({ line: 7, column: 56, plainText: '7' })
  })

  it('are also read from JSON: one value, several behind one another, and YAML after them', () => {
    const json = '{\n\t"apiVersion": "v1",\n\t"kind": "Thing", "s": "\\ud83d\\ude00 \\/ }"\n}'
    const { objects, problems } = read(`${json}${json}\n---\n${HEAD}`)
    expect(problems).toEqual([])
    expect(objects.map(({ value }) => value.s)).toEqual(['😀 / }', '😀 / }', undefined])
    expect(objects[1]?.locate(['kind'])).toMatchObject({ line: 6, column: 2 })
  })

  it('that are lists of one kind need not say in each item what it is, as kubectl has it', () => {
    const { objects, problems } = read(
      'apiVersion: a/v1\nkind: ThingList\nitems: [{v: 1}, {apiVersion: b/v1, kind: C}]\n',
    )
    expect(problems).toEqual([])
    expect(objects.map(({ apiVersion, kind }) => [apiVersion, kind])).toEqual([
      ['a/v1', 'Thing'],
      ['b/v1', 'C'],
    ])
  })

  it('say what they are', () => {
    const object = readOne('apiVersion: v1\nkind: Thing\nmetadata: {name: a, namespace: b}\n')
    expect(object).toMatchObject({ apiVersion: 'v1', kind: 'Thing', name: 'a', namespace: 'b' })
  })

  it('yield no name that is not text', () => {
    expect(readOne('apiVersion: v1\nkind: y\nmetadata: {name: y, namespace: 1}\n')).toMatchObject({
      kind: undefined,
      name: undefined,
      namespace: undefined,
    })
  })
})

describe('values', () => {
  it('expand aliases and merge keys in the order written, as kubectl does', () => {
    const { value } = readOne(
      `${HEAD}a: &a {t: 1, u: 2}\nb: &b {t: 3}\nx: {<<: *a, t: 9}\nw: {t: 9, <<: *a}\nz: {<<: [*b, *a]}\nl: [*a]\n`,
    )
    expect(value).toMatchObject({ x: { t: 9, u: 2 }, w: { t: 1, u: 2 }, z: { t: 3, u: 2 }, l: [{ t: 1, u: 2 }] })
  })

  it('take the anchor that was set last', () => {
    expect(readOne(`${HEAD}a: &a 1\nb: *a\nc: &a 2\nd: *a\n`).value).toMatchObject({ b: 1, d: 2 })
  })

  it('have text for keys', () => {
    expect(readOne(`${HEAD}y: a\n0x10: b\n1.5: c\n? d\n`).value).toMatchObject({
      true: 'a',
      16: 'b',
      '1.5': 'c',
      d: null,
    })
  })

  it('keep __proto__ a field like any other', () => {
    const { value } = readOne(`${HEAD}__proto__: {polluted: true}\nx: {<<: {__proto__: {polluted: true}}}\n`)
    expect(Object.keys(value)).toContain('__proto__')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('may be written in flow style with the closing bracket under the key', () => {
    expect(readOne(`${HEAD}h: [\n  a,\n]\n`).value.h).toEqual(['a'])
  })

  it('read line breaks of all kinds, and UTF-16 behind its mark', () => {
    expect(readOne('\ufeffapiVersion: v1\r\nkind: Thing\rt: |\r\n  a\r\n  b\r\n').value.t).toBe('a\nb\n')
    const utf16 = new Uint8Array(new Uint16Array([0xfeff, ...Array.from(HEAD, (char) => char.charCodeAt(0))]).buffer)
    expect(readManifest(utf16).objects).toHaveLength(1)
  })

  it('are the same as JSON for everything JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const expected: unknown = JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'Thing', value }))
        const text = JSON.stringify(expected).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escapeCharacter)
        const { objects, problems } = read(text)
        expect(problems).toEqual([])
        expect(JSON.stringify(objects[0]?.value)).toBe(JSON.stringify(expected))
      }),
    )
  })
})

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

describe('places', () => {
  const object = readOne(
    `# comment\n---\n${HEAD}spec:\n  list:\n  - name: y\n    "quoted": "y"\n  - other\n  all: &all {a: 1}\n  use: *all\n`,
  )

  it.each([
    [[], 3, 1, undefined],
    [['spec'], 5, 1, undefined],
    [['spec', 'list', 0], 7, 5, undefined],
    [['spec', 'list', 0, 'name'], 7, 5, 'y'],
    [['spec', 'list', 0, 'quoted'], 8, 5, undefined],
    [['spec', 'list', 1], 9, 5, 'other'],
    [['spec', 'list', 5], 6, 3, undefined],
    [['spec', 'list', 0, 'missing', 'deeper'], 7, 5, undefined],
    [['spec', 'missing'], 5, 1, undefined],
    [['spec', 'use', 'a'], 11, 3, undefined],
    [['kind', 'deeper'], 4, 1, undefined],
  ])('of %j are %i:%i', (path, line, column, plainText) => {
    expect(object.locate(path)).toEqual({ line, column, ...(plainText === undefined ? {} : { plainText }) })
  })

  it('know which fields are written twice, also in lists', () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- apiVersion: v1\n  kind: B\n  s: {a: 1, b: 2, a: 3}\n'
    const { objects } = read(list)
    expect(objects.map(({ duplicates }) => duplicates)).toEqual([[], [['s', 'a']]])
    expect(objects[1]?.locate(['s', 'a'])).toEqual({ line: 7, column: 19, plainText: '3' })
  })

  it('note what is written twice once, however often an alias repeats it, and not without end', () => {
    expect(readOne(`${HEAD}a: &a {b: 1, b: 2}\nc: [*a, *a]\n`).duplicates).toEqual([['a', 'b']])
    expect(readOne(`${HEAD}${'a: 1\n'.repeat(5_000)}`).duplicates).toHaveLength(1_000)
  })

  it('find a duplicate among keys that become the same text', () => {
    expect(readOne(`${HEAD}1: a\n"1": b\n`).duplicates).toEqual([['1']])
  })
})

describe('what was meant to be an object', () => {
  it.each([
    ['a: 1\n---\nkind: Node\nmetadata: {name: web}\n', '3:1: Node web: apiVersion is missing or no text; write it'],
    [
      'apiVersion: 1\nkind: WANAddress\n',
      '1:1: WANAddress: apiVersion is missing or no text; write apiVersion: dns.stoa.dev/v1alpha1',
    ],
    [
      'apiVersoin: v1\nkind: Service\nmetadata: {name: web}\n',
      '1:1: Service web: apiVersoin is not a field here; did you mean apiVersion?',
    ],
    [
      'apiversion: v1\nkind: "Se\\eice"\nmetadata: {name: web}\n',
      '1:1: Se\\u{1b}ice web: apiversion is not a field here; did you mean apiVersion?',
    ],
    ['kind: NamespaceList\nitems: []\n', '1:1: NamespaceList: apiVersion is missing or no text; write it'],
    [
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n- spec: {}\n- 1\n- ~\n',
      '5:3: (no kind): apiVersion is missing or no text; write it (and 2 more in this document)',
    ],
    [
      'apiVersion: v1\nkind: List\nitems: [text]\n',
      '3:9: this item of the List is no object: remove it, or write the object there',
    ],
    [
      'apiVersion: v1\nkind: List\nitems:\n',
      '1:1: List: items is missing or no list; write the objects there, or items: [] if there are none',
    ],
    [
      '- {apiVersion: dns.stoa.dev/v1alpha1, kind: NodePool}\n',
      '1:1: objects may not stand in a plain list: part them by "---", or write them under items of a kind: List',
    ],
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n',
      '1:1: this is a pointer of Git LFS and not the file itself, which is not fetched: keep manifests out of Git LFS',
    ],
    [
      'apiVersion: ENC[AES256_GCM,data:x]\nkind: ENC[AES256_GCM,data:y]\nsops: {}\n',
      '1:1: apiVersion or kind is encrypted, so that nobody can tell what this is: encrypt only values, never all of a manifest',
    ],
  ])('%j says %s', (text, problem) => {
    expect(firstProblem(text)).toBe(problem)
  })

  it('does not count as a document of others, and takes nothing from the objects beside it', () => {
    const { objects, otherDocuments } = read(
      `${HEAD}---\nkind: Node\nmetadata: {name: a}\n---\napiVersion: v1\nkind: List\nitems: [{}, {apiVersion: v1}]\n`,
    )
    expect([objects.length, otherDocuments]).toEqual([2, 0])
  })
})

describe('what cannot be read', () => {
  it.each([
    [
      'a: [b',
      '1:6: not readable as YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['---\nx: 1\n---\na: b: c', '4:4: not readable as YAML: Nested mappings are not allowed in compact mappings'],
    [
      'a: 1\n...\nb: 2\n',
      '3:1: not readable as YAML: kubectl ignores what follows "...": begin a new document with "---"',
    ],
    ['a: 1\n--- b\n', '2:1: kubectl allows only a comment behind "---": move the rest to the next line'],
    ['%YAML 1.1\n---\na: 1\n', '2:1: not readable as YAML: Missing directives-end indicator line'],
    ['a: *x\n', '1:4: not readable as YAML: the alias *x has no anchor of that name before it'],
    ['a: &x\n- *x\n', '2:3: not readable as YAML: the anchor &x contains itself'],
    ['? [a]\n: b\n', '1:3: not readable as YAML: a key must be text, not null, a map or a list'],
    ['~: b\n', '1:1: not readable as YAML: a key must be text, not null, a map or a list'],
    ['<<: 1\n', '1:5: not readable as YAML: the merge key << takes a map or a list of maps'],
    ['<<: [{a: 1}, 1]\n', '1:14: not readable as YAML: the merge key << takes a map or a list of maps'],
    ['a:\n  b: .inf\n', '2:6: not readable as YAML: the number .inf has no form in JSON'],
    [
      'a: x\u0007\n',
      '1:5: the character U+0007 is not allowed in YAML: remove it, or write it as an escape in a quoted string',
    ],
    [
      'a: 1 # \u2028b: 2\n',
      '1:8: the character U+2028 is not allowed in YAML: remove it, or write it as an escape in a quoted string',
    ],
    [
      'a: 1\n\0',
      '2:1: the character U+0000 is not allowed in YAML: remove it, or write it as an escape in a quoted string',
    ],
    [
      'a: {{ .Values.a }}\n',
      '1:5: not readable as YAML: a key must be text, not null, a map or a list (it looks like a Helm template: validate the output of "helm template" instead)',
    ],
  ])('%j says %s', (text, problem) => {
    expect(firstProblem(text)).toBe(problem)
  })

  it('is told without its text, which may be part of a secret', () => {
    expect(firstProblem('}hunter2\n')).toBe('1:1: not readable as YAML: Unexpected flow-map-end token in YAML document')
  })

  it('harms only its own document', () => {
    const { objects, problems } = read(`${HEAD}---\na: [\n---\n${HEAD}`)
    expect(objects).toHaveLength(2)
    expect(problems).toHaveLength(1)
  })

  it.each([
    [[0x61, 0x0a, 0x62, 0xff, 0x63], '2:2: byte 4 is not valid UTF-8: save the file as UTF-8'],
    [[0xff], '1:1: byte 1 is not valid UTF-8: save the file as UTF-8'],
    [[0x61, 0xc3], '1:2: byte 2 is not valid UTF-8: save the file as UTF-8'],
    [[0xc3, 0xa9, 0x0a, 0xe2, 0x82, 0x61], '2:1: byte 4 is not valid UTF-8: save the file as UTF-8'],
    [[0x61, 0xed, 0xa0, 0x80], '1:2: byte 2 is not valid UTF-8: save the file as UTF-8'],
    [[0xff, 0xfe, 0x61], '1:1: broken UTF-16: save the file as UTF-8'],
  ])('bytes %j say %s', (bytes, problem) => {
    expect(firstProblem(Uint8Array.from(bytes))).toBe(problem)
  })

  it('never throws, whatever the bytes', () => {
    const yamlPiece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&a ',
      '*a',
      '!!int ',
      '---\n',
      '|\n',
      '<<',
      '# ',
      '? ',
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(yamlPiece, { maxLength: 40 }).map((pieces) => encoder.encode(pieces.join(''))),
    )
    fc.assert(
      fc.property(bytes, (input) => {
        const { problems } = readManifest(input)
        expect(
          problems.every(({ message, position }) => message !== '' && position.line >= 1 && position.column >= 1),
        ).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('limits', () => {
  it('bound the size of a file', () => {
    expect(
      read(`a: ${'x'.repeat(2 * 1024 * 1024)}`, { ...DEFAULT_LIMITS, maxBytes: 2 * 1024 * 1024 }).problems,
    ).toEqual([{ position: { line: 1, column: 1 }, message: 'the file is larger than 2 MiB: split it' }])
  })

  it.each([
    ['flow lists', '['.repeat(100_000), /^1:\d+: .*nested more than 200 levels deep/],
    ['block lists', '- '.repeat(100_000), /nested more than 200 levels deep/],
    ['maps', '{"a":'.repeat(100_000), /nested more than 200 levels deep/],
  ])('bound the depth of %s', (_what, text, problem) => {
    expect(firstProblem(text)).toMatch(problem)
  })

  it('leave room for any sensible depth', () => {
    expect(read(`${'['.repeat(190)}${']'.repeat(190)}`).problems).toEqual([])
  })

  it('bound the number of documents and of tokens in one', () => {
    expect(read('---\na\n'.repeat(6), { ...DEFAULT_LIMITS, maxDocuments: 5 }).problems[0]?.message).toBe(
      'the file has more than 5 documents: split it',
    )
    expect(read('{}'.repeat(6), { ...DEFAULT_LIMITS, maxDocuments: 5 }).problems).toHaveLength(1)
    expect(read('- a\n'.repeat(60), { ...DEFAULT_LIMITS, maxTokens: 100 }).problems[0]?.message).toBe(
      'not readable as YAML: the document has more than 100 tokens: split it into several',
    )
  })

  it('stop aliases that multiply', () => {
    const lines = Array.from(
      { length: 9 },
      (_, level) => `l${level}: &l${level} [${level === 0 ? 'x' : `*l${level - 1},`.repeat(9)}]`,
    )
    expect(firstProblem(`${HEAD}${lines.join('\n')}\n`)).toMatch(/aliases blow this document up out of proportion/)
  })

  it('let honest aliases pass', () => {
    const uses = Array.from({ length: 400 }, (_, index) => `- {<<: *base, name: n${index}}`).join('\n')
    expect(readOne(`${HEAD}base: &base {a: 1, b: 2}\nlist:\n${uses}\n`).value.list).toHaveLength(400)
  })
})
