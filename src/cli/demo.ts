// `stoa demo`: everything on loopback, to see how it works within a minute, and commands that make its world change.
import { Argument, InvalidArgumentError, type Command } from 'commander'
import { suggestName } from '../model/suggest-name.ts'
import type { CommandIo } from './command-io.ts'
import type { DemoChange, DemoFlags } from './demo/demo-change.ts'
import { UsageError } from './usage-error.ts'

const HELP = `
Ports: 5300 (DNS), 8001 (kubectl view), 8080 (health and metrics) and 51339 (page), or with --port-base N the four from N on.
While it runs, from another terminal: stoa demo wan, taint, untaint, break and heal.

Exit codes: 0 stopped as asked, 1 failed, 64 wrong usage.`

const PORT_BASE = ['--port-base <port>', 'the first of four ports to use', parsePortBase] as const

export function registerDemo(program: Command, io: CommandIo): void {
  const demo = program
    .command('demo')
    .description('see it work: a repository, a name server and a world of its own, all on this machine')
    .option(...PORT_BASE)
    .option('--exit-after-ready', 'stop once everything is published')
    .addHelpText('after', HELP)
    .allowExcessArguments()
    .action(async (flags: DemoFlags, { args, commands }: Command) => {
      if (args[0] !== undefined) throw refuseUnknown(args[0], commands)
      const { runDemo } = await import('./demo/run-demo.ts')
      await runDemo(flags, io)
    })
  const change = (name: string, description: string, act: DemoAction): Command =>
    demo
      .command(name)
      .description(description)
      .action(async (...given: unknown[]) => {
        const command = given.at(-1) as Command // Commander's own promise.
        const { changeDemo } = await import('./demo/change-demo.ts')
        await changeDemo(act(command.args, command.opts()), demo.opts<DemoFlags>(), io)
      })
  const breakable = new Argument('[what]').choices(['provider']).default('provider')
  change('wan', 'let the outside world see another address', ([address = '']) => ({ kind: 'wan', address })).argument(
    '<address>',
  )
  change(
    'taint',
    'let the autoscaler choose a node: the first of its two taints, then the second',
    ([node = ''], { both }) => {
      return { kind: 'taint', node, both: both === true }
    },
  )
    .argument('<node>')
    .option('--both', 'both taints at once')
  change('untaint', 'let the autoscaler change its mind', ([node = '']) => ({ kind: 'untaint', node })).argument(
    '<node>',
  )
  change('break', 'let the provider fail', () => ({ kind: 'break' })).addArgument(breakable)
  change('heal', 'let the provider work again', () => ({ kind: 'heal' })).addArgument(breakable)
}

type DemoAction = (args: readonly string[], options: { readonly both?: boolean }) => DemoChange

/** Commander takes it for an argument, because `demo` does something by itself, too. */
function refuseUnknown(name: string, commands: readonly Command[]): UsageError {
  const meant = suggestName(
    name,
    commands.map((command) => command.name()),
  )
  return new UsageError(`unknown command '${name}'${meant === undefined ? '' : `; did you mean ${meant}?`}`)
}

function parsePortBase(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1024 && port <= 65_532) return port
  throw new InvalidArgumentError('It must be a port from 1024 to 65532.')
}
