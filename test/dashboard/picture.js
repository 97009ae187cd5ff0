// Draws the dashboard with what collect.js has collected.
// Argument: the file to write (default: docs/images/dashboard.png).
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { SCRAPE_INTERVAL, startPrometheus } from './prometheus.js'

/** Pixels. */
const WIDTH = 1280
/** Seconds between two points, unless a panel says more. */
const STEP = 5
/** Grafana's $__rate_interval, in seconds. */
const getRateInterval = (step) => Math.max(step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)

const folder = resolve('build/dashboard')
const target = process.argv[2] ?? 'docs/images/dashboard.png'
const { title, panels } = JSON.parse(readFileSync('examples/metrics/dashboard.json', 'utf8'))
const range = JSON.parse(readFileSync(join(folder, 'range.json'), 'utf8'))

const prometheus = await startPrometheus(folder)
const filled = await Promise.all(panels.map(async (panel) => {
  const series = []
  const step = panel.interval === '1m' ? 60 : STEP
  // Grafana aligns the points to multiples of the step.
  const from = Math.floor(range.from / 1000 / step) * step * 1000
  const times = Array.from({ length: Math.ceil((range.to - from) / 1000 / step) }, (_, i) => from + i * step * 1000)
  for (const { expr, legendFormat } of panel.targets ?? []) {
    const query = expr.replaceAll('$__rate_interval', `${getRateInterval(step)}s`).replaceAll('$job', '.*')
    for (const { metric, values } of await prometheus.queryRange(query, { from, to: times.at(-1), step })) {
      const byTime = new Map(values.map(([seconds, text]) => [seconds * 1000, Number(text)]))
      series.push({ name: legendFormat.replaceAll(/{{(\w+)}}/g, (_, label) => metric[label] ?? ''), values: times.map((time) => Number.isFinite(byTime.get(time)) ? byTime.get(time) : null) })
    }
  }
  return { ...panel, times, series: series.sort((a, b) => a.name < b.name ? -1 : 1) }
}))
await prometheus.stop()
for (const { title, series } of filled) console.log(title, '|', series.map(({ name, values }) => `${name} ${Math.max(...values).toPrecision(3)}`).join(', '))

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'page.js')],
  bundle: true,
  format: 'esm',
  write: false,
  outdir: 'out',
  minify: true,
  loader: { '.woff': 'empty', '.woff2': 'dataurl', '.ttf': 'empty', '.svg': 'text', '.png': 'dataurl' },
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  logLevel: 'error'
})
const read = (extension) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? ''
const data = JSON.stringify({ title, panels: filled, range, width: WIDTH }).replaceAll('<', '\\u003c')
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'] })
const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } })
page.on('pageerror', (error) => console.error(error.stack))
await page.route('http://dashboard.test/', async (route) => await route.fulfill({ contentType: 'text/html', body: `<!doctype html><meta charset="utf-8"><style>${read('.css')}</style><div id="root"></div><script>window.dashboard = ${data}; window.grafanaBootData = {}</script>` }))
await page.goto('http://dashboard.test/')
await page.addScriptTag({ content: read('.js'), type: 'module' })
await page.waitForSelector('#dashboard')
// Charts are drawn in a later frame.
await page.waitForTimeout(1500)
await page.locator('#dashboard').screenshot({ path: target })
await browser.close()
// A palette of 256 colours makes the file a third as large.
spawnSync('pngquant', ['--force', '--skip-if-larger', '--output', target, '256', target], { stdio: 'inherit' })
