/** Reads expressions with MySQL's precedence. */
import { untranslatableAt } from '../untranslatable-at.ts'
import { parseCall } from './parse-call.ts'
import { expressions } from './lists.ts'
import type { Expression, Query } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

type Level = (reader: TokenReader) => Expression

/** A level of operators that stand between two operands of the level below, from left to right. */
const chain =
  (operators: readonly string[], below: Level): Level =>
  (reader) => {
    let left = below(reader)
    for (;;) {
      const { at, text } = reader.peek()
      const operator = operators.find((each) => reader.sees(each))
      if (operator === undefined) return left
      if (operator === '||') throw untranslatableAt('||', 'whether it joins texts or is OR depends on settings of the session', at)
      reader.take()
      left = { kind: 'binary', operator: text, left, right: below(reader), at }
    }
  }

const negated: Level = (reader) => {
  const { at } = reader
  if (!reader.takes('not')) return compared(reader)
  return { kind: 'unary', operator: 'not', operand: negated(reader), at }
}

const powered: Level = (reader) => chain(['^'], signed)(reader)
const product: Level = chain(['*', '/', 'div', 'mod', '%'], powered)
const shifted: Level = (reader) => chain(['<<', '>>'], sum)(reader)
const bits: Level = chain(['|'], chain(['&'], shifted))
const both: Level = chain(['and', '&&'], negated)
export const parseExpression: Level = chain(['or', '||'], chain(['xor'], both))

const sum: Level = (reader) => {
  let left = reader.sees('interval') ? interval(reader) : product(reader)
  for (;;) {
    const { at, text } = reader.peek()
    if (!reader.takes('+') && !reader.takes('-')) return left
    const right = reader.sees('interval') ? interval(reader) : product(reader)
    left = { kind: 'binary', operator: text, left, right, at }
  }
}

function interval(reader: TokenReader): Expression {
  const { at } = reader
  reader.need('interval')
  const amount = reader.expression()
  return { kind: 'interval', amount, unit: reader.name(), at }
}

const COMPARISONS = ['=', '<=>', '>=', '>', '<=', '<', '<>', '!='] as const

const compared: Level = (reader) => {
  let left = bits(reader)
  for (;;) {
    const { at } = reader
    const operator = COMPARISONS.find((each) => reader.sees(each))
    if (operator !== undefined) {
      reader.take()
      left = { kind: 'binary', operator: operator === '!=' ? '<>' : operator, left, right: bits(reader), at }
      continue
    }
    const next = test(reader, left)
    if (next === null) return left
    left = next
  }
}

/** What may follow a value: IS, IN, BETWEEN, LIKE. */
function test(reader: TokenReader, value: Expression): Expression | null {
  const { at } = reader
  if (reader.takes('is')) {
    const isNot = reader.takes('not')
    for (const what of ['null', 'true', 'false', 'unknown'] as const) if (reader.takes(what)) return { kind: 'is', value, what, isNot, at }
    throw reader.unknown()
  }
  if (reader.sees('not') && !['in', 'between', 'like', 'regexp', 'rlike'].includes(reader.peek(1).text)) return null
  const isNot = reader.takes('not')
  if (reader.takes('in')) {
    reader.need('(')
    const list = reader.sees('select') || reader.sees('with') ? reader.query() : expressions(reader)
    reader.need(')')
    return { kind: 'in', value, list, isNot, at }
  }
  if (reader.takes('between')) {
    const low = bits(reader)
    reader.need('and')
    return { kind: 'between', value, low, high: bits(reader), isNot, at }
  }
  if (reader.takes('like')) {
    const pattern = bits(reader)
    const escape = reader.takes('escape') ? bits(reader) : null
    return { kind: 'like', value, pattern, escape, isNot, at }
  }
  if (reader.sees('regexp') || reader.sees('rlike'))
    throw untranslatableAt('REGEXP', 'the two have different languages of regular expressions', at)
  return null
}

const signed: Level = (reader) => {
  const { at, text } = reader.peek()
  if (reader.takes('-') || reader.takes('~') || reader.takes('!') || reader.takes('+') || reader.takes('binary'))
    return { kind: 'unary', operator: text === '!' ? 'not' : text, operand: signed(reader), at }
  let value = operand(reader)
  while (reader.sees('collate')) {
    const place = reader.at
    reader.take()
    value = { kind: 'collate', value, collation: reader.name(), at: place }
  }
  return value
}

function operand(reader: TokenReader): Expression {
  const { at, kind, text } = reader.peek()
  if (kind === 'number') return { kind: 'number', text: reader.take().text, at }
  if (kind === 'text') return { kind: 'text', value: reader.take().text, at }
  if (reader.takes('(')) return parenthesised(reader, at)
  if (kind === 'name') return column(reader, at)
  if (kind !== 'word') throw reader.unknown()
  return word(reader, text, at)
}

function word(reader: TokenReader, text: string, at: number): Expression {
  const after = reader.peek(1)
  if (after.kind === 'text' && (text === 'date' || text === 'time' || text === 'timestamp')) {
    reader.take()
    return { kind: 'moment', type: text, value: reader.take().text, at }
  }
  // `_utf8mb4'…'`: the texts of a view are read in its own character set.
  if (after.kind === 'text' && text.startsWith('_')) {
    reader.take()
    if (text === '_binary') throw untranslatableAt('_binary', 'bytes are not compared as texts are', at)
    return { kind: 'text', value: reader.take().text, at }
  }
  if (text === 'null') return (reader.take(), { kind: 'null', at })
  if (text === 'true' || text === 'false') return (reader.take(), { kind: 'number', text: text === 'true' ? '1' : '0', at })
  if (reader.takes('case')) return caseOf(reader, at)
  if (reader.takes('exists')) return (reader.need('('), { kind: 'exists', query: closed(reader), at })
  if (after.kind === 'mark' && after.text === '(') return parseCall(reader)
  return column(reader, at)
}

function parenthesised(reader: TokenReader, at: number): Expression {
  if (reader.sees('select') || reader.sees('with')) return { kind: 'subquery', query: closed(reader), at }
  const items = expressions(reader)
  reader.need(')')
  return items.length === 1 ? (items[0] as Expression) : { kind: 'row', items, at }
}

function closed(reader: TokenReader): Query {
  const query = reader.query()
  reader.need(')')
  return query
}

function column(reader: TokenReader, at: number): Expression {
  const path = [reader.name()]
  while (reader.takes('.')) path.push(reader.name())
  if (reader.sees('('))
    throw untranslatableAt(`${path.join('.')}()`, 'it is a function of the user’s, whose body the catalog keeps as a program', at)
  return { kind: 'column', path, at }
}

function caseOf(reader: TokenReader, at: number): Expression {
  const tested = reader.sees('when') ? null : reader.expression()
  const arms: { when: Expression; value: Expression }[] = []
  while (reader.takes('when')) {
    const when = reader.expression()
    reader.need('then')
    arms.push({ when, value: reader.expression() })
  }
  const otherwise = reader.takes('else') ? reader.expression() : null
  reader.need('end')
  return { kind: 'case', tested, arms, otherwise, at }
}
