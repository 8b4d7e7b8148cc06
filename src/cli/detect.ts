// `stoa detect`: what the world sees as our public address, and who says so.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import { addDetectFlags, type DetectFlags } from './detect/detect-flags.ts'

const HELP = `
Sources of different operators must agree; an operator is a registrable domain, an IP address with its port, or this machine.

  stoa detect --stun stun.cloudflare.com:3478 --stun stun.nextcloud.com:3478 --http https://checkip.amazonaws.com

Exit codes: 0 known, 1 unknown or conflict, 64 wrong usage.`

export function registerDetect(program: Command, io: CommandIo): void {
  addDetectFlags(program.command('detect').description('find the public address by STUN, HTTPS and local interfaces'))
    .addHelpText('after', HELP)
    .action(async (flags: DetectFlags) => {
      // HTTP and the public suffix list are only loaded once they are needed: other commands start without them.
      const { runDetect } = await import('./detect/run-detect.ts')
      await runDetect(flags, io)
    })
}
