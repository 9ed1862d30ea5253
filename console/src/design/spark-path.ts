export interface SparkFrame {
  readonly width: number
  readonly height: number
  /** How many samples fill the width. */
  readonly capacity: number
  /** How many points are drawn for them; each is the mean of its samples. */
  readonly points: number
}

/** The outline and the filled area of a series, its newest value at the right edge, its greatest near the top. */
export function sparkPaths(values: readonly number[], { width, height, capacity, points }: SparkFrame): { line: string; area: string } {
  const means = meansOf(values.slice(-capacity), Math.max(1, Math.round(capacity / points)))
  if (means.length === 0) return { line: '', area: '' }
  const most = Math.max(1, ...means)
  const step = width / Math.max(1, points - 1)
  const places = means.map((value, at) => {
    const x = width - (means.length - 1 - at) * step
    // A little air above the peak, and the baseline half a stroke above the edge.
    const y = height - 0.75 - (value / most) * (height - 2.5)
    return `${round(x)} ${round(y)}`
  })
  const first = round(width - (means.length - 1) * step)
  return { line: `M${places.join('L')}`, area: `M${first} ${height}L${places.join('L')}L${width} ${height}Z` }
}

/** The mean of each so many values, counted from the newest; an incomplete oldest group is left out. */
function meansOf(values: readonly number[], each: number): number[] {
  const means: number[] = []
  for (let end = values.length; end >= each; end -= each) {
    means.push(values.slice(end - each, end).reduce((sum, value) => sum + value, 0) / each)
  }
  return means.toReversed()
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
