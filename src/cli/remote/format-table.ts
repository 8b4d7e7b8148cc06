import { printable } from '../../model/text.ts'

const GAP = '   '

/** As kubectl lays out tables: columns as wide as they need to be, nothing behind the last. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows.map((row) => row.map(printable))]
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
