import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Seconds. */
export const SCRAPE_INTERVAL = 5

/**
 * Starts Prometheus with the alert rules of the example.
 *
 * @param folder where its data is
 * @param options.scrape ports of the targets, none to look at what was collected before
 */
export async function startPrometheus (folder, { scrape = [] } = {}) {
  const config = join(folder, 'prometheus.yml')
  writeFileSync(config, JSON.stringify({
    global: { scrape_interval: `${SCRAPE_INTERVAL}s`, evaluation_interval: `${SCRAPE_INTERVAL}s` },
    ...(scrape.length > 0 && {
      rule_files: [resolve('examples/metrics/alerts.yaml')],
      scrape_configs: [{ job_name: 'orders-api', static_configs: [{ targets: scrape.map((port) => `127.0.0.1:${port}`) }] }]
    })
  }))
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  const child = spawn('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'], { stdio: 'inherit' })
  process.on('exit', () => { child.kill('SIGKILL') })
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false)) await sleep(100)
  return {
    url,
    /** @returns series: `{ metric, values: [[seconds, text], ...] }` */
    queryRange: async (query, { from, to, step }) => {
      const response = await fetch(`${url}/api/v1/query_range`, { method: 'POST', body: new URLSearchParams({ query, start: from / 1000, end: to / 1000, step }) })
      const { data, error } = await response.json()
      if (error !== undefined) throw new Error(`${error}: ${query}`)
      return data.result
    },
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    }
  }
}
