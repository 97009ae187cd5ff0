/** Small fleets that are measured: every token often in use, seldom in use, and with users that are forgotten. */
export const SCENARIOS = [
  { name: 'often', tokens: 100, requests: 200 },
  { name: 'seldom', tokens: 2000, requests: 200 },
  { name: 'often, 1 user a second forgotten', tokens: 100, requests: 200, forgets: 1 }
].flatMap((scenario) => [1, 2, 4].map((processes) => ({ ...scenario, processes, ttl: 40, latency: 10 })))

const LARGE = { processes: 1000, tokens: 1_000_000, requests: 100_000 }

/** Fleets of docs/capacity.md. */
export const EXAMPLES = [
  { processes: 4, tokens: 2000, requests: 2000, ttl: 30 },
  { processes: 20, tokens: 20_000, requests: 10_000, ttl: 60 },
  { ...LARGE, ttl: 30 },
  { ...LARGE, ttl: 30, sticky: true },
  { ...LARGE, ttl: 600, forgets: 1 },
  { ...LARGE, ttl: 3600, forgets: 1 },
  { ...LARGE, ttl: 3600, forgets: 1, sticky: true }
]
