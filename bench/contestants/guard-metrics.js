import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { instrument } from '../../dist/telemetry/index.js'
import { start as startGuard } from './guard.js'

/** This package with metrics of OpenTelemetry. `app.setMetrics(false)` ends them. */
export async function start (authority) {
  const app = await startGuard(authority)
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] })
  let end
  app.decorate('setMetrics', (areOn) => {
    end?.()
    end = areOn ? instrument(app, { meterProvider }) : undefined
  })
  app.setMetrics(true)
  return app
}
