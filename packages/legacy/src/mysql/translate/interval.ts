/** Days and moments, moved by an interval. Both sides take the last day of a month where it has no such day. */
import type { BinaryNode, IntervalNode } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { momentOf } from './moment.ts'
import type { Scope } from './scope.ts'
import { atom, operand, type Value } from './value.ts'

/** DuckDB's unit, and how many of it. */
const UNITS: Readonly<Record<string, readonly [unit: string, many: number]>> = {
  year: ['month', 12],
  quarter: ['month', 3],
  month: ['month', 1],
  week: ['day', 7],
  day: ['day', 1],
  hour: ['hour', 1],
  minute: ['minute', 1],
  second: ['second', 1],
}

export function addInterval({ operator, left, right, at }: BinaryNode, scope: Scope): Value {
  const interval = right.kind === 'interval' ? right : left.kind === 'interval' ? left : null
  if (interval === null || (operator !== '+' && operator !== '-'))
    throw untranslatableAt('INTERVAL', 'it has no translation where it stands', at)
  return moved(scope.session.expression(interval === right ? left : right, scope), { interval, operator, scope })
}

interface Move {
  readonly interval: IntervalNode
  readonly operator: '+' | '-'
  readonly scope: Scope
}

function moved(given: Value, { interval, operator, scope }: Move): Value {
  const { unit, at } = interval
  const [own, many] = UNITS[unit] ?? [null, 0]
  if (own === null) throw untranslatableAt(`INTERVAL … ${unit.toUpperCase()}`, 'DuckDB has no such interval', at)
  const amount = scope.session.expression(interval.amount, scope)
  if (amount.kind !== 'integer') throw untranslatableAt(`INTERVAL … ${unit.toUpperCase()}`, 'its number is not whole', at)
  const isClock = own !== 'month' && own !== 'day'
  const moment = momentOf(given, isClock, at)
  const span =
    amount.constant === null
      ? `to_${own}s(${count(amount, many, own)})`
      : `INTERVAL ${signed(Number(amount.constant) * many)} ${own.toUpperCase()}`
  if (amount.constant === null) scope.session.note('a day beyond the year 9999 is NULL on the server')
  const sql = `${operand(moment)} ${operator} ${span}`
  return moment.kind === 'date' ? atom('date', `CAST(${sql} AS DATE)`) : { ...moment, sql, isAtom: false, constant: null }
}

function count(amount: Value, many: number, unit: string): string {
  const sql = many === 1 ? amount.sql : `${operand(amount)} * ${many}`
  return `CAST(${sql} AS ${unit === 'month' || unit === 'day' ? 'INTEGER' : 'BIGINT'})`
}

function signed(amount: number): string {
  return amount < 0 ? `(${amount})` : String(amount)
}
