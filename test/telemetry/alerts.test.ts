import t from 'tap'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const RULES = resolve('examples/metrics/alerts.yaml')
const needsPromtool = spawnSync('promtool', ['--version']).status === 0 ? {} : { skip: 'promtool is not installed' }

interface Case {
  /** Values of 15 minutes by series, in promtool's notation: `0+1x15` grows by 1 a minute. */
  readonly series: Record<string, string>
  /** Alerts that fire by minute. */
  readonly firing: Record<number, readonly string[]>
}

const series = (name: string, labels = ''): string => `fastify_zitadel_${name}{job="api",instance="a:1"${labels && `,${labels}`}}`
const state = (value: string): string => `fastify_zitadel_state="${value}"`
const outcome = (value: string): string => `fastify_zitadel_outcome="${value}"`

const CASES: Record<string, Case> = {
  'load without trouble': {
    series: {
      [series('decisions_total', outcome('allowed'))]: '0+6000x15',
      [series('decisions_total', outcome('denied'))]: '0+600x15',
      [series('introspection_duration_sum', outcome('active'))]: '0+6x15',
      [series('introspection_duration_count', outcome('active'))]: '0+120x15',
      [series('credentials_changes_total', state('rejected'))]: '0x15',
      [series('credentials_changes_total', state('replaced'))]: '0 0 1x13',
      [series('circuit_open')]: '0x15',
      [series('shared_cache_healthy')]: '1x15',
      [series('events_total', outcome('applied'))]: '0+5x15',
      [series('events_total', outcome('rejected'))]: '0x15',
      [series('events_missed_total')]: '0x15',
      [series('events_silence')]: '30x15',
      [series('logouts_total', outcome('rejected'))]: '0x15',
      [series('credentials_expiry')]: '9000000-60x15'
    },
    firing: { 1: [], 5: [], 15: [] }
  },
  'one rejection of the credentials': {
    series: { [series('credentials_changes_total', state('rejected'))]: '0 0 1x13' },
    firing: { 1: [], 3: ['ZitadelCredentialsRejected'], 12: [] }
  },
  'an open circuit of one process of two': {
    series: { [series('circuit_open')]: '0 0 1x4 0x9', 'fastify_zitadel_circuit_open{job="api",instance="b:1"}': '0x15' },
    firing: { 2: [], 4: ['ZitadelCircuitOpen'], 8: [] }
  },
  'an outage with stale verdicts': {
    series: {
      [series('decisions_total', `${outcome('allowed')},fastify_zitadel_source="memory"`)]: '0+6000x4 24000x11',
      [series('decisions_total', `${outcome('allowed')},fastify_zitadel_source="stale"`)]: '_x4 0+5000x11',
      [series('decisions_total', outcome('failed'))]: '_x4 0+1000x11'
    },
    firing: { 3: [], 7: ['ZitadelRequestsFail', 'ZitadelStaleVerdicts'], 14: ['ZitadelRequestsFail', 'ZitadelStaleVerdicts'] }
  },
  'failures of less than one request in a hundred': {
    series: { [series('decisions_total', outcome('allowed'))]: '0+6000x15', [series('decisions_total', outcome('failed'))]: '0+50x15' },
    firing: { 14: [] }
  },
  'a slow ZITADEL': {
    series: { [series('introspection_duration_sum', outcome('active'))]: '0+12x5 60+90x9', [series('introspection_duration_count', outcome('active'))]: '0+120x15', [series('introspection_duration_sum', outcome('failed'))]: '0+300x15', [series('introspection_duration_count', outcome('failed'))]: '0+100x15' },
    firing: { 4: [], 9: ['ZitadelSlow'] }
  },
  'a process that is cut off from the shared cache': {
    series: { [series('shared_cache_healthy')]: '1 1 0x12' },
    firing: { 3: [], 5: ['ZitadelSharedCacheCutOff'] }
  },
  'rejected, missed and silent webhooks': {
    series: { [series('events_total', outcome('rejected'))]: '0 1x14', [series('events_missed_total')]: '0 0 0 2x12', [series('events_silence')]: '43100+60x15' },
    firing: { 0: [], 2: ['ZitadelEventsRejected', 'ZitadelEventsSilent'], 5: ['ZitadelEventsMissed', 'ZitadelEventsRejected', 'ZitadelEventsSilent'] }
  },
  'webhooks that reach another process': {
    series: { [series('events_silence')]: '50000+60x15', 'fastify_zitadel_events_silence{job="api",instance="b:1"}': '20x15' },
    firing: { 10: [] }
  },
  'a rejected logout token, and a key that expires': {
    series: { [series('logouts_total', outcome('rejected'))]: '0 1x14', [series('credentials_expiry')]: '1209700-60x15' },
    firing: { 0: [], 3: ['ZitadelKeyExpires', 'ZitadelLogoutsRejected'] }
  }
}

t.test('the alert rules fire for what they name, and for nothing else', needsPromtool, async (t) => {
  const { stdout } = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' })
  const names = [...new Set(Object.values(CASES).flatMap(({ firing }) => Object.values(firing).flat()))]
  t.match(stdout, new RegExp(`SUCCESS: ${names.length} rules found`), 'each rule fires in a case')
  // promtool compares labels and annotations of alerts too, so ALERTS is queried.
  const tests = Object.entries(CASES).map(([name, { series, firing }]) => ({
    name,
    interval: '1m',
    input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
    promql_expr_test: Object.entries(firing).map(([minute, alerts]) => ({
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: `${minute}m`,
      exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 }))
    }))
  }))
  const file = join(t.testdir(), 'test.json')
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }))
  const { status, stdout: result, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
  t.equal(status, 0, result + stderr)
})
