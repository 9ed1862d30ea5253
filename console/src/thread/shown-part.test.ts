import type { GraphNode } from '@millrace/serve/api'
import { expect, test } from 'vitest'
import { CROWD_LEAST, shownPart, troubled } from './shown-part.ts'

const nodesOf = (count: number): GraphNode[] =>
  Array.from({ length: count }, (_, at) => ({ id: `${at}`, verdict: 'flowing' }) as unknown as GraphNode)
const chain = (count: number) => Array.from({ length: count - 1 }, (_, at) => ({ from: `${at}`, to: `${at + 1}` }))

test('a small thread is drawn whole, whatever is selected', () => {
  const part = shownPart({ nodes: nodesOf(5), edges: chain(5) }, new Set(['1']))
  expect(part).toMatchObject({ compact: false, hidden: 0, nodes: { length: 5 }, edges: { length: 4 } })
})

test('a crowd is drawn small, and of it only the path of what is selected', () => {
  const crowd = { nodes: nodesOf(CROWD_LEAST), edges: chain(CROWD_LEAST) }
  expect(shownPart(crowd, null)).toMatchObject({ compact: true, hidden: 0 })
  const part = shownPart(crowd, new Set(['3', '4', '5']))
  expect(part).toMatchObject({ compact: true, hidden: CROWD_LEAST - 3 })
  expect(part.nodes.map(({ id }) => id)).toEqual(['3', '4', '5'])
  expect(part.edges).toEqual([
    { from: '3', to: '4' },
    { from: '4', to: '5' },
  ])
})

test('what is in trouble is named, the worst first; what is well or only behind it is not', () => {
  const verdicts = ['flowing', 'lagging', 'unknown', 'dead', 'quiet', 'stalled', 'dead'] as const
  const nodes = verdicts.map((verdict, at) => ({ id: `${at}`, verdict }) as unknown as GraphNode)
  expect(troubled(nodes).map(({ id }) => id)).toEqual(['3', '6', '5', '1'])
})
