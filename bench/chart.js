const WIDTH = 860
const LABELS = 330
const BAR = 18
const STEP = 26
const TOP = 54

/**
 * Horizontal bars with their spread, one panel under the other, readable on light and on dark ground.
 *
 * @param panels of { title, note, bars: [{ label, ours, median, min, max }], most }
 */
export function drawChart (panels) {
  let y = 0
  const parts = panels.map((panel) => {
    const part = drawPanel(panel, y)
    y += TOP + panel.bars.length * STEP + 16
    return part
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" role="img">
<style>
text { fill: #1f2328 } .note { fill: #59636e } .peer { fill: #8c959f } .ours { fill: #0969da } .spread, .axis { stroke: #59636e } .one { stroke: #1f883d }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .note { fill: #9198a1 } .peer { fill: #656c76 } .ours { fill: #4493f8 } .spread, .axis { stroke: #9198a1 } .one { stroke: #3fb950 }
}
</style>
${parts.join('\n')}
</svg>
`
}

function drawPanel ({ title, note, bars, most }, top) {
  const room = WIDTH - LABELS - 130
  const x = (value) => (LABELS + Math.min(value, most) / most * room).toFixed(1)
  const start = top + TOP
  const lines = bars.map(({ label, ours, median, min, max }, i) => {
    const y = start + i * STEP
    const middle = y + BAR / 2
    const width = (x(median) - LABELS).toFixed(1)
    const beyond = median > most ? ' →' : ''
    return `<text x="${LABELS - 8}" y="${middle + 4}" font-size="12" text-anchor="end"${ours ? ' font-weight="600"' : ''}>${escapeText(label)}</text>
<rect class="${ours ? 'ours' : 'peer'}" x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2"/>
<line class="spread" x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}" stroke-width="1.5"/>
<text x="${Math.max(x(median), x(max)) + 6}" y="${middle + 4}" font-size="12">${median.toFixed(2)}${beyond}</text>`
  })
  const end = start + bars.length * STEP
  return `<text x="8" y="${top + 22}" font-size="15" font-weight="600">${escapeText(title)}</text>
<text class="note" x="8" y="${top + 40}" font-size="12">${escapeText(note)}</text>
${lines.join('\n')}
<line class="axis" x1="${LABELS}" x2="${LABELS}" y1="${start - 4}" y2="${end}"/>
<line class="one" x1="${x(1)}" x2="${x(1)}" y1="${start - 4}" y2="${end}" stroke-dasharray="4 3"/>`
}

function escapeText (text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
