import { beforeAll, expect, test } from 'vitest'
import { checkGraph } from '../check/check-graph.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import { modelOf } from '../testing/model-of.ts'
import { type ModelState, selectModels } from './select-models.ts'

let graph: CheckedGraph

// a → b → c → d, and a → e.
beforeAll(async () => {
  const models = [
    modelOf('a', '-- @tags nightly\nselect 1 as one'),
    modelOf('b', 'select * from a'),
    modelOf('c', '-- @tags nightly, big\nselect * from b'),
    modelOf('d', 'select * from c'),
    { ...modelOf('fact_e', 'select a.* from a, shop.orders'), file: 'models/facts/fact_e.sql' },
    modelOf('f', 'select * from shop.orders'),
    modelOf('g', 'select * from f'),
  ]
  const relations = [{ name: 'shop.orders', columns: [{ name: 'id', type: 'INTEGER' }] }]
  graph = await checkGraph({ models, relations, cache: new Map() })
})

const states: Record<string, ModelState> = { b: 'modified', d: 'new' }
const select = (words: string[], exclude: string[] = []): string =>
  [...selectModels({ models: graph.models, words, exclude, stateOf: (name) => states[name] ?? 'same' })].join(' ')

test.each([
  [[], 'a b c d fact_e f g'],
  [['shop.orders+'], 'fact_e f g'],
  [['Shop.Orders+1'], 'fact_e f'],
  [['shop.orders+,g'], 'g'],
  [['b'], 'b'],
  [['B'], 'b'],
  [['b', 'd'], 'b d'],
  [['+c'], 'a b c'],
  [['1+c'], 'b c'],
  [['a+1'], 'a b fact_e'],
  [['1+b+'], 'a b c d'],
  [['+b+1'], 'a b c'],
  [['tag:nightly'], 'a c'],
  [['tag:nightly,tag:big'], 'c'],
  [['tag:big+'], 'c d'],
  [['path:models/facts'], 'fact_e'],
  [['path:models/facts/fact_e.sql'], 'fact_e'],
  [['fact_*'], 'fact_e'],
  [['state:modified'], 'b d'],
  [['state:new'], 'd'],
  [['state:modified+,tag:nightly'], 'c'],
])('%j selects %s', (words, expected) => {
  expect(select(words)).toBe(expected)
})

test('what is excluded is left out, whatever selects it', () => {
  expect(select([], ['tag:nightly', 'fact_*', 'shop.orders+'])).toBe('b d')
})

test.each([
  ['path:model', "no model fits 'path:model'"],
  ['nope', "no model fits 'nope'"],
  ['fact_f', "no model fits 'fact_f'; did you mean 'fact_e'?"],
  ['tags:x', "there is no method 'tags'; there are tag, path and state"],
  ['state:old', "'old' is no state; there are new and modified"],
  ['+', 'it names nothing'],
  ['+shop.orders', "'shop.orders' is read and not computed; 'shop.orders+' are the models that read it"],
])('a selection that cannot be meant is refused: %s', (word, problem) => {
  expect(() => select([word])).toThrow(expect.objectContaining({ code: 'SELECTION_INVALID', details: { selection: word, problem } }))
})
