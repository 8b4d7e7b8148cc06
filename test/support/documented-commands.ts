// The commands of ours that a page shows in its blocks for the shell, so that they can be held against what the command knows.
import { runStoa } from './run-stoa.ts'

export interface DocumentedCommand {
  /** As it stands there, without what follows. */
  readonly text: string
  readonly name: string
  readonly flags: readonly string[]
}

const LANGUAGES = new Set(['sh', 'console'])
/** Where a command begins: on a line of its own, behind a prompt, as root, after another one, or as a file that node runs. */
const COMMAND = /(?:^|\$ |sudo |&& |\/)stoa(?:\.js)? ([a-z]+)\b([^#|&>\n]*)/gm

export function listDocumentedCommands(page: string): readonly DocumentedCommand[] {
  const blocks = [...page.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)]
  const shell = blocks.filter(([, language = '']) => LANGUAGES.has(language)).map(([, , text = '']) => text)
  return shell.flatMap((text) =>
    [...text.replaceAll(/^ +/gm, '').matchAll(COMMAND)].map(([, name = '', rest = '']) => {
      return { text: `stoa ${name}${rest}`.trimEnd(), name, flags: flagsIn(rest) }
    }),
  )
}

function flagsIn(words: string): readonly string[] {
  return [...words.matchAll(/(?<= \[?)--?[a-z][a-z-]*/g)].map(([flag]) => flag)
}

/** Those in a sentence: `stoa plan --live`. */
export function listInlineCommands(page: string): readonly DocumentedCommand[] {
  const prose = page.replaceAll(/^ *```\w*\n[\s\S]*?^ *```$/gm, '')
  return [...prose.matchAll(/`stoa ([a-z]+)(?=[ `])((?:(?! -- )[^`\n])*)/g)].map(([, name = '', rest = '']) => ({
    text: `stoa ${name}${rest}`,
    name,
    flags: flagsIn(rest),
  }))
}

/** The flags that a command does not have; its name where there is no such command. */
export async function findUnknown({ name, flags }: DocumentedCommand): Promise<readonly string[]> {
  const { code, stdout } = await runStoa([name, '--help'])
  if (code !== 0 || !stdout.startsWith(`Usage: stoa ${name} `)) return [name]
  const known = new Set(stdout.match(/(?<=[\s,])--?[a-z][a-z-]*/g))
  return flags.filter((flag) => !known.has(flag))
}
