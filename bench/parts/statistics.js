export function getMedian (values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The statistics of repeated measurements. */
export function getSpread (values) {
  return { median: getMedian(values), min: Math.min(...values), max: Math.max(...values) }
}

/** One value for each round: the first by the second. */
export function divideEach (values, bases) {
  return values.map((value, round) => value / bases[round])
}

/**
 * Measures all contestants in every round, each time starting with another one, so that other work of the machine
 * affects all of them.
 *
 * @returns contestant -> one measurement a round
 */
export async function measureInRounds (rounds, contestants, measure) {
  const results = new Map(contestants.map((contestant) => [contestant, []]))
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      const contestant = contestants[(i + round) % contestants.length]
      results.get(contestant).push(await measure(contestant, round, i))
    }
  }
  return results
}
