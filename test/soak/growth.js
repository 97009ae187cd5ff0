/** By how much the last third may hold more than the first: what is noise. */
const NOISE = { heap: [1.15, 6_000_000], sockets: [1.25, 24], timers: [1.25, 24], resources: [1.25, 48] }

/** What each third held, by its median, and whether the last held more than the first. */
export function findGrowth (samples) {
  const third = Math.floor(samples.length / 3)
  return Object.entries(NOISE).map(([what, [factor, more]]) => {
    const [first, last] = [samples.slice(0, third), samples.slice(-third)].map((part) => median(part.map((sample) => sample[what])))
    return { what, first, last, most: Math.max(...samples.map((sample) => sample[what])), isGrowing: last > first * factor + more }
  })
}

function median (numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}
