/** Reads a call: the few functions whose arguments have a grammar of their own, and all others. */
import { expressions, sortKeys } from './lists.ts'
import type { CallNode, Expression, SortKey, WindowClause } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

const SIDES = ['both', 'leading', 'trailing'] as const

export function parseCall(reader: TokenReader): Expression {
  const { at } = reader
  const name = reader.name()
  reader.need('(')
  if (name === 'cast') return castOf(reader, at)
  const call = (part: Partial<CallNode>): CallNode => ({
    kind: 'call',
    name,
    isDistinct: false,
    values: [],
    word: null,
    order: [],
    separator: null,
    over: null,
    at,
    ...part,
  })
  if (name === 'convert') return convertOf(reader, call)
  if (name === 'extract') {
    const word = reader.name()
    reader.need('from')
    return closed(reader, call({ word, values: [reader.expression()] }))
  }
  if (name === 'timestampdiff' || name === 'timestampadd') {
    const word = reader.name()
    reader.need(',')
    return closed(reader, call({ word, values: expressions(reader) }))
  }
  if (name === 'trim') return trimOf(reader, call)
  if (reader.takes(')')) return over(reader, call({}))
  const isDistinct = reader.takes('distinct')
  const values = reader.takes('*') ? [] : expressions(reader)
  const order: SortKey[] = reader.takes('order', 'by') ? sortKeys(reader) : []
  const separator = reader.takes('separator') ? reader.take().text : null
  return closed(reader, call({ isDistinct, values, order, separator }))
}

function closed(reader: TokenReader, call: CallNode): CallNode {
  reader.need(')')
  return over(reader, call)
}

function castOf(reader: TokenReader, at: number): Expression {
  const value = reader.expression()
  reader.need('as')
  const type = reader.name()
  const sizes = sizesOf(reader)
  // `signed integer`, `char(10) charset utf8mb4`: what follows changes nothing that is asked for here.
  if (reader.takes('charset')) reader.name()
  else if (reader.takes('character', 'set')) reader.name()
  reader.takes('integer')
  reader.need(')')
  return { kind: 'cast', value, type, sizes, at }
}

function sizesOf(reader: TokenReader): number[] {
  if (!reader.takes('(')) return []
  const sizes = [Number(reader.take().text)]
  while (reader.takes(',')) sizes.push(Number(reader.take().text))
  reader.need(')')
  return sizes
}

function convertOf(reader: TokenReader, call: (part: Partial<CallNode>) => CallNode): Expression {
  const values = [reader.expression()]
  if (!reader.takes('using')) throw reader.unknown()
  return closed(reader, call({ word: reader.name(), values }))
}

function trimOf(reader: TokenReader, call: (part: Partial<CallNode>) => CallNode): Expression {
  const side = SIDES.find((each) => reader.takes(each)) ?? null
  if (side !== null && reader.takes('from')) return closed(reader, call({ word: side, values: [reader.expression()] }))
  const first = reader.expression()
  if (!reader.takes('from')) return closed(reader, call({ word: side, values: [first] }))
  return closed(reader, call({ word: side, values: [reader.expression(), first] }))
}

function over(reader: TokenReader, call: CallNode): CallNode {
  if (!reader.takes('over')) return call
  reader.need('(')
  const partition = reader.takes('partition', 'by') ? expressions(reader) : []
  const order = reader.takes('order', 'by') ? sortKeys(reader) : []
  const words: string[] = []
  while (!reader.sees(')')) {
    const token = reader.take()
    if (token.kind !== 'word' && token.kind !== 'number') throw reader.unknown(token)
    words.push(token.text)
  }
  reader.need(')')
  const window: WindowClause = { partition, order, frame: words.join(' ') }
  return { ...call, over: window }
}
