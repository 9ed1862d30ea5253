export interface SparkFrame {
  readonly width: number
  readonly height: number
  readonly capacity: number
}

/** The outline and the filled area of a series, its newest value at the right edge, its greatest near the top. */
export function sparkPaths(values: readonly number[], { width, height, capacity }: SparkFrame): { line: string; area: string } {
  if (values.length === 0) return { line: `M0 ${height}H${width}`, area: '' }
  const most = Math.max(1, ...values)
  const step = width / Math.max(1, capacity - 1)
  const points = values.slice(-capacity).map((value, at, shown) => {
    const x = width - (shown.length - 1 - at) * step
    // A little air above the peak, and the baseline half a stroke above the edge.
    const y = height - 0.75 - (value / most) * (height - 2.5)
    return `${round(x)} ${round(y)}`
  })
  const first = round(width - (points.length - 1) * step)
  return { line: `M${points.join('L')}`, area: `M${first} ${height}L${points.join('L')}L${width} ${height}Z` }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
