/** The line that an edge is drawn along, and the places on it at even steps, for what moves along it. */
import type { Point } from './layout.ts'

export interface Curve {
  /** As an SVG path. */
  readonly path: string
  readonly length: number
  /** The point that far along, from 0 to 1. */
  readonly at: (share: number) => Point
}

const STEPS_PER_CURVE = 24

export function curveThrough(points: readonly Point[]): Curve {
  const first = points[0] ?? { x: 0, y: 0 }
  const dense: Point[] = [first]
  let path = `M${round(first.x)} ${round(first.y)}`
  for (const [at, to] of points.slice(1).entries()) {
    const from = points[at] ?? first
    const middle = (from.x + to.x) / 2
    path += `C${round(middle)} ${round(from.y)} ${round(middle)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`
    for (let step = 1; step <= STEPS_PER_CURVE; step += 1) dense.push(between(from, to, step / STEPS_PER_CURVE))
  }
  const lengths = [0]
  for (const [at, point] of dense.slice(1).entries()) {
    const before = dense[at] ?? point
    lengths.push((lengths[at] ?? 0) + Math.hypot(point.x - before.x, point.y - before.y))
  }
  const length = lengths.at(-1) ?? 0
  return { path, length, at: (share) => pointAt(dense, lengths, share * length) }
}

/** A cubic whose handles lie level with its ends. */
function between(from: Point, to: Point, share: number): Point {
  const rest = 1 - share
  const middle = (from.x + to.x) / 2
  const near = rest ** 3 + 3 * rest ** 2 * share
  const far = share ** 3 + 3 * rest * share ** 2
  return {
    x: from.x * rest ** 3 + middle * 3 * rest * share + to.x * share ** 3,
    y: from.y * near + to.y * far,
  }
}

function pointAt(dense: readonly Point[], lengths: readonly number[], wanted: number): Point {
  let low = 0
  let high = lengths.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((lengths[middle] ?? 0) <= wanted) low = middle
    else high = middle
  }
  const from = dense[low] ?? { x: 0, y: 0 }
  const to = dense[high] ?? from
  const span = (lengths[high] ?? 0) - (lengths[low] ?? 0)
  const share = span <= 0 ? 0 : Math.min(1, Math.max(0, (wanted - (lengths[low] ?? 0)) / span))
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
