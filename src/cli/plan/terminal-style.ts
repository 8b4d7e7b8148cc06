import { PLAIN_STYLE, type TextStyle } from '../../plan/render-text.ts'
import type { CommandIo } from '../command-io.ts'

function paint(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`
}

const COLOURS: TextStyle = {
  heading: paint(1),
  create: paint(32),
  update: paint(33),
  delete: paint(31),
  release: paint(36),
  warning: paint(35),
  faint: paint(2),
}

/** Colours for a terminal that takes them, unless the user wants none (no-color.org). */
export function chooseStyle({ stdoutIsTty, env }: Pick<CommandIo, 'stdoutIsTty' | 'env'>): TextStyle {
  const isUnwanted = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return stdoutIsTty && !isUnwanted ? COLOURS : PLAIN_STYLE
}
