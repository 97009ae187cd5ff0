/** Formats rows as columns of equal width, or as a Markdown table. */
export function formatTable (head: readonly string[], rows: ReadonlyArray<readonly string[]>, isMarkdown: boolean): string {
  const escape = (cell: string): string => isMarkdown ? cell.replaceAll('|', '\\|') : cell
  const lines = [head, ...rows].map((cells) => cells.map(escape))
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const format = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) => cell.padEnd(widths[column]!))
    return isMarkdown ? `| ${padded.join(' | ')} |` : padded.join('  ').trimEnd()
  }
  const separator = isMarkdown ? [`| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`] : []
  const [first, ...others] = lines.map(format)
  return [first, ...separator, ...others].map((line) => `${line}\n`).join('')
}
