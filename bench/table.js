/** A Markdown table. */
export function formatTable (head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_cell, column) => column === 0 ? '---' : '---:')), ...rows.map(line)].join('\n')
}

/** A median with its spread. */
export function formatSpread ({ median, min, max }, digits = 2) {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} – ${max.toFixed(digits)})`
}

/** The same, where it is a ratio. */
export function formatRatio (spread) {
  return formatSpread(spread, 2)
}
