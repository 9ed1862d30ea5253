import { expect, test } from 'vitest'
import { generateLegacyTree } from './generate.ts'

test('the same seed gives the same tree, and another seed another', () => {
  const one = generateLegacyTree({ seed: 7, views: 300 })
  expect(generateLegacyTree({ seed: 7, views: 300 })).toEqual(one)
  expect(generateLegacyTree({ seed: 8, views: 300 }).views).not.toEqual(one.views)
})

test('a tree has as many views as asked, is over 40 deep, and each view stands after those that it reads', () => {
  const { views } = generateLegacyTree({ seed: 1, views: 3000 })
  expect(views).toHaveLength(3000)
  const made = new Map(views.map((view, at) => [view.name, { at, view }]))
  expect(made.size).toBe(3000)
  let deepest = 0
  const depths = new Map<string, number>()
  for (const [at, { name, sql }] of views.entries()) {
    const read = [...sql.matchAll(/\b[a-z]+\.(?:step_\d+|base|report)_\d+\b/g)].map(([found]) => found)
    expect(
      read.filter((found) => (made.get(found)?.at ?? Infinity) >= at),
      name,
    ).toEqual([])
    const depth = Math.max(0, ...read.map((found) => (depths.get(found) ?? 0) + 1))
    depths.set(name, depth)
    deepest = Math.max(deepest, depth)
  }
  expect(deepest).toBeGreaterThan(40)
})

test('views are of all kinds: materialised, reports at the ends, and some that only Postgres can compute', () => {
  const { views } = generateLegacyTree({ seed: 1, views: 1000 })
  expect(views.filter(({ isMaterialized }) => isMaterialized).length).toBeGreaterThan(100)
  expect(views.filter(({ name }) => name.includes('.report_')).length).toBeGreaterThan(300)
  expect(views.filter(({ isForeign }) => isForeign).length).toBeGreaterThan(0)
  expect(generateLegacyTree({ seed: 1, views: 300, foreignEvery: 0 }).views.filter(({ isForeign }) => isForeign)).toEqual([])
})

test('the tree of MySQL is as seeded, and none of its SQL is Postgres’s', () => {
  const one = generateLegacyTree({ seed: 7, views: 300, depth: 7, dialect: 'mysql' })
  expect(generateLegacyTree({ seed: 7, views: 300, depth: 7, dialect: 'mysql' })).toEqual(one)
  expect(new Set(one.views.map(({ name }) => name)).size).toBe(300)
  expect(one.views.filter(({ sql }) => /::|\blateral\b|\bfilter \(/.test(sql))).toEqual([])
})
