import { expect, test } from 'vitest'
import { flagIn, isNode, listIn, nodeIn, nodesIn, numberIn, type PgNode, parseNodeTree, textIn } from './node-tree.ts'

function parsed(text: string): PgNode {
  const value = parseNodeTree(text)
  if (!isNode(value)) throw new TypeError('a node was expected')
  return value
}

test('a node is read by the names of its fields, whatever their order', () => {
  const node = parsed('{VAR :varno 1 :vartypmod -1 :name a\\ b :isnull true :args ({CONST :x 1} {CONST :x 2}) :none <> :one {REF :at 3}}')
  expect(node.tag).toBe('VAR')
  expect([numberIn(node, 'varno'), numberIn(node, 'vartypmod')]).toEqual([1, -1])
  expect(textIn(node, 'name')).toBe('a b')
  expect(flagIn(node, 'isnull')).toBe(true)
  expect(nodesIn(node, 'args').map((each) => numberIn(each, 'x'))).toEqual([1, 2])
  expect(listIn(node, 'none')).toEqual([])
  expect(nodeIn(node, 'one')?.tag).toBe('REF')
})

test('names in quotes, sets of bits and lists of numbers are told apart', () => {
  const node = parsed('{ALIAS :colnames ("id" "a \\"b\\"") :types (o 23 1700) :bits (b 8 9) :empty (b)}')
  expect(listIn(node, 'colnames')).toEqual(['id', 'a "b"'])
  expect(listIn(node, 'types')).toEqual([23, 1700])
  expect(listIn(node, 'bits')).toEqual([8, 9])
  expect(listIn(node, 'empty')).toEqual([])
})

test('a datum is bytes, also where they are signed', () => {
  expect(parsed('{CONST :constvalue 5 [ 20 0 0 0 -61 ]}').fields['constvalue']).toEqual(Uint8Array.from([20, 0, 0, 0, 195]))
})
