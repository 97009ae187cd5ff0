// The dashboard in the browser, with Grafana's own components. The panels come with the data of their queries.
import '@fontsource/inter/latin-400.css'
import '@fontsource/inter/latin-500.css'
import { FieldType, ThemeContext, createDataFrame, createTheme, dateTime, getDisplayProcessor } from '@grafana/data'
import { BigValue, GlobalStyles, PanelChrome, TimeSeries } from '@grafana/ui'
import { createElement as h } from 'react'
import { createRoot } from 'react-dom/client'

const { title, panels, range, width } = window.dashboard
const theme = createTheme({ colors: { mode: 'light' } })
/** The grid of Grafana: 24 columns, rows of 30 pixels with 8 between them. */
const [ROW, GAP] = [30, 8]
const column = (width - GAP) / 24
const timeRange = { from: dateTime(range.from), to: dateTime(range.to), raw: { from: 'now-15m', to: 'now' } }

/** Sets a property such as `custom.fillOpacity` or `color`. */
function setProperty (config, id, value) {
  if (id.startsWith('custom.')) setProperty(config.custom, id.slice(7), value)
  else config[id] = value
}

function getRange (values) {
  const known = values.filter((value) => value !== null)
  const [min, max] = [Math.min(0, ...known), Math.max(...known)]
  return { min, max, delta: max - min }
}

function createField ({ name, values }, index, { defaults, overrides }) {
  const config = { color: { mode: 'palette-classic' }, ...defaults, custom: { lineWidth: 1, ...defaults.custom }, displayName: name }
  for (const { matcher, properties } of overrides) {
    const matches = matcher.id === 'byName' ? matcher.options === name : new RegExp(matcher.options.slice(1, -1)).test(name)
    if (matches) for (const { id, value } of properties) setProperty(config, id, value)
  }
  const field = { name, type: FieldType.number, config, values, state: { seriesIndex: index, displayName: name, range: getRange(values) } }
  field.display = getDisplayProcessor({ field, theme })
  return field
}

function toFrame (times, series, index, fieldConfig) {
  const time = { name: 'Time', type: FieldType.time, config: {}, values: times }
  time.display = getDisplayProcessor({ field: time, theme, timeZone: 'utc' })
  const frame = createDataFrame({ fields: [{ ...time }] })
  frame.fields = [time, createField(series, index, fieldConfig)]
  frame.length = times.length
  return frame
}

const renderers = {
  timeseries: ({ times, series, fieldConfig, options }, w, height) => h(TimeSeries, {
    frames: series.map((one, i) => toFrame(times, one, i, fieldConfig)),
    structureRev: 1,
    width: w,
    height,
    timeRange,
    timeZone: 'utc',
    legend: { calcs: [], showLegend: true, displayMode: 'list', placement: 'bottom', ...options.legend }
  }),
  stat: ({ times, series, fieldConfig, options }, w, height) => {
    const frame = toFrame(times, series[0] ?? { name: '', values: times.map(() => null) }, 0, fieldConfig)
    const field = frame.fields[1]
    const last = field.values.findLast((value) => value !== null)
    return h(BigValue, { theme, width: w, height, value: { ...field.display(last ?? null), title: '' }, colorMode: options.colorMode, graphMode: options.graphMode, justifyMode: 'auto', textMode: 'value', sparkline: options.graphMode === 'area' ? { y: field, x: frame.fields[0], timeRange } : undefined })
  }
}

function Panel (panel) {
  const { gridPos: { x, y, w, h: rows }, title, description, type } = panel
  const size = { width: w * column - GAP, height: rows * (ROW + GAP) - GAP }
  const style = { position: 'absolute', left: GAP + x * column, top: y * (ROW + GAP) + GAP, ...size }
  if (type === 'row') return h('div', { style: { ...style, font: `500 16px ${theme.typography.fontFamily}`, color: theme.colors.text.primary, lineHeight: `${ROW}px` } }, title)
  return h('div', { style }, h(PanelChrome, { ...size, title, description, padding: 'md' }, (innerWidth, innerHeight) =>
    panel.series.length === 0
      ? h('div', { style: { height: innerHeight, display: 'grid', placeItems: 'center', color: theme.colors.text.secondary } }, 'No data')
      : renderers[type](panel, innerWidth, innerHeight)))
}

const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h))
const page = h('div', { id: 'dashboard', style: { position: 'relative', width, height: rows * (ROW + GAP) + GAP, background: theme.colors.background.canvas } }, panels.map((panel) => h(Panel, { key: panel.id, ...panel })))
document.title = title
// Texts are measured when they are drawn.
await Promise.all(['400', '500'].map((weight) => document.fonts.load(`${weight} 16px Inter`)))
createRoot(document.getElementById('root')).render(h(ThemeContext.Provider, { value: theme }, h(GlobalStyles, { hackNoBackdropBlur: true }), page))
