import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Layout, layoutOf } from './layout.ts'
import { placed } from './place.ts'

const OPTIONS = { columnGapLeast: 40, columnGapMost: 120, rowGap: 10, width: 1000 }

interface Thread {
  readonly nodes: readonly { id: string; width: number; height: number }[]
  readonly edges: readonly { from: string; to: string }[]
}

/** Any thread without circles: edges go from a lower number to a higher one. */
const thread: fc.Arbitrary<Thread> = fc.integer({ min: 1, max: 24 }).chain((count) => {
  const pair = fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([from, to]) => from < to)
  return fc.record({
    nodes: fc.constant(
      Array.from({ length: count }, (_, at) => ({ id: `n${at}`, width: 100 + (at % 3) * 20, height: 30 + (at % 4) * 15 })),
    ),
    edges:
      count === 1
        ? fc.constant([])
        : fc
            .uniqueArray(pair, { maxLength: 40, selector: String })
            .map((pairs) => pairs.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` }))),
  })
})

test('every node is placed within the picture, and none lies over another', () => {
  fc.assert(
    fc.property(thread, ({ nodes, edges }) => {
      const layout = layoutOf(nodes, edges, OPTIONS)
      expect(layout.nodes.size).toBe(nodes.length)
      const boxes = [...layout.nodes.values()]
      for (const [at, box] of boxes.entries()) {
        expect(
          box.x >= -0.001 && box.y >= -0.001 && box.x + box.width <= layout.width + 0.001 && box.y + box.height <= layout.height + 0.001,
        ).toBe(true)
        for (const other of boxes.slice(at + 1)) {
          const apart =
            box.x + box.width <= other.x ||
            other.x + other.width <= box.x ||
            box.y + box.height <= other.y + 0.001 ||
            other.y + other.height <= box.y + 0.001
          expect(apart).toBe(true)
        }
      }
    }),
  )
})

test('every edge goes from left to right and starts and ends at its boxes', () => {
  fc.assert(
    fc.property(thread, ({ nodes, edges }) => {
      const layout = layoutOf(nodes, edges, OPTIONS)
      expect(layout.edges).toHaveLength(edges.length)
      for (const { from, to, points } of layout.edges) {
        const xs = points.map((point) => point.x)
        expect(xs).toEqual(xs.toSorted((left, right) => left - right))
        expect(points[0]?.x).toBeCloseTo(edgeOf(layout, from, 'right'))
        expect(points.at(-1)?.x).toBeCloseTo(edgeOf(layout, to, 'left'))
      }
    }),
  )
})

test('a circle does not hang the page', () => {
  const nodes = ['a', 'b', 'c'].map((id) => ({ id, width: 10, height: 10 }))
  const edges = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'c', to: 'b' },
    { from: 'c', to: 'gone' },
  ]
  expect(layoutOf(nodes, edges, OPTIONS).nodes.size).toBe(3)
})

test('a shuffled ladder is drawn without a crossing', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const nodes = [...names, ...names.map((name) => `${name}2`).toReversed()].map((id) => ({ id, width: 10, height: 10 }))
  const { nodes: placedNodes } = layoutOf(
    nodes,
    names.map((name) => ({ from: name, to: `${name}2` })),
    OPTIONS,
  )
  for (const name of names) expect(placedNodes.get(name)?.y).toBeCloseTo(placedNodes.get(`${name}2`)?.y ?? -1)
})

test('3,000 nodes and 5,654 edges are laid out in well under a second', () => {
  const nodes = Array.from({ length: 3000 }, (_, at) => ({ id: `n${at}`, width: 160, height: 40 }))
  const edges = Array.from({ length: 5654 }, (_, at) => {
    const to = 200 + ((at * 7919) % 2800)
    return { from: `n${Math.max(0, to - 1 - ((at * 104_729) % 400))}`, to: `n${to}` }
  })
  const started = performance.now()
  const layout = layoutOf(nodes, edges, OPTIONS)
  expect(layout.nodes.size).toBe(3000)
  expect(performance.now() - started).toBeLessThan(3000)
})

test('boxes keep their order and their gap, and stand where they wish if they can', () => {
  const box = fc.record({ size: fc.integer({ min: 1, max: 50 }), wish: fc.integer({ min: -500, max: 500 }) })
  fc.assert(
    fc.property(fc.array(box), fc.integer({ min: 0, max: 20 }), (boxes, gap) => {
      const middles = placed(boxes, gap)
      expect(middles).toHaveLength(boxes.length)
      for (const [at, middle] of middles.slice(1).entries()) {
        const room = middle - (boxes[at + 1]?.size ?? 0) / 2 - ((middles[at] ?? 0) + (boxes[at]?.size ?? 0) / 2)
        expect(room).toBeGreaterThan(gap - 0.001)
      }
    }),
  )
  expect(
    placed(
      [
        { size: 10, wish: 0 },
        { size: 10, wish: 100 },
      ],
      5,
    ),
  ).toEqual([0, 100])
  expect(
    placed(
      [
        { size: 10, wish: 50 },
        { size: 10, wish: 50 },
      ],
      0,
    ),
  ).toEqual([45, 55])
})

function edgeOf(layout: Layout, id: string, side: 'left' | 'right'): number {
  const node = layout.nodes.get(id)
  return (node?.x ?? 0) + (side === 'right' ? (node?.width ?? 0) : 0)
}
