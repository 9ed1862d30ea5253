import { quoteLiteral } from '@millrace/sql'
import { isText, OID } from '../postgres/type.ts'
import { localTime } from './cast.ts'
import type { FunctionCall, FunctionPrinter } from './function-call.ts'
import { atom, numeric, operand, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

function constantText(value: Typed | undefined): string | null {
  return value?.constant?.kind === 'text' ? value.constant.value : null
}

const UNITS = new Set(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'])

const dateTrunc: FunctionPrinter = ({ type, arguments: [unit, value, zone], scope }) => {
  const timeZone = zone === undefined ? scope.session.catalog.timeZone : constantText(zone)
  if (timeZone === null) return null
  const named = constantText(unit)?.toLowerCase()
  if (value === undefined || named === undefined || !UNITS.has(named)) return null
  const cut = (sql: string): string => `date_trunc('${named}', ${sql})`
  if (value.type === OID.timestamp) return atom(type, cut(value.sql))
  if (value.type !== OID.timestamptz) return null
  const local = atom(OID.timestamp, cut(localTime(value, timeZone).sql))
  return atom(type, `(${local.sql} AT TIME ZONE ${quoteLiteral(timeZone)})`, { source: local })
}

/** Parts that are whole numbers, and the same in both. */
const WHOLE_PARTS = new Set(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'dow', 'isodow', 'doy', 'isoyear'])
const INTERVAL_PARTS = new Set(['year', 'month', 'day', 'hour', 'minute'])

/** `extract` is exact; `date_part` gives a float. */
const extract: FunctionPrinter = (call) => {
  const {
    type,
    arguments: [part, given],
    scope,
  } = call
  const named = constantText(part)?.toLowerCase()
  if (named === undefined || given === undefined) return null
  const value = given.type === OID.timestamptz ? localTime(given, scope.session.catalog.timeZone) : given
  const exact = partOf(named, value)
  if (exact === null) throw untranslatable(`extract(${named} from …)`, 'the two count it differently')
  return type === OID.float8 ? atom(type, `CAST(${exact.sql} AS DOUBLE)`) : exact
}

function partOf(part: string, value: Typed): Typed | null {
  if (value.type === OID.interval) return INTERVAL_PARTS.has(part) ? whole(`extract('${part}' FROM ${value.sql})`) : null
  if (WHOLE_PARTS.has(part)) return whole(`extract('${part}' FROM ${value.sql})`)
  if (part === 'epoch' && value.type === OID.date) return whole(`CAST(epoch(${value.sql}) AS BIGINT)`)
  if (value.type !== OID.timestamp) return null
  if (part === 'epoch') return micros(`epoch_us(${value.sql})`)
  return part === 'second' ? micros(`extract('microsecond' FROM ${value.sql})`) : null
}

function whole(sql: string): Typed {
  return numeric(`CAST(${sql} AS DECIMAL(18, 0))`, 0, { isAtom: true })
}

function micros(sql: string): Typed {
  return numeric(`CAST(${sql} AS DECIMAL(18, 0)) * 0.000001`, 6)
}

/** Patterns of `to_char` and their counterparts; the longer ones first. */
const PATTERNS: readonly (readonly [string, string])[] = [
  ['YYYY', '%Y'],
  ['HH24', '%H'],
  ['IYYY', '%G'],
  ['DDD', '%j'],
  ['Mon', '%b'],
  ['YY', '%y'],
  ['MM', '%m'],
  ['DD', '%d'],
  ['MI', '%M'],
  ['SS', '%S'],
  ['US', '%f'],
  ['IW', '%V'],
  ['Dy', '%a'],
  ['ID', '%u'],
]

const toChar: FunctionPrinter = (call) => {
  const {
    arguments: [given, pattern],
    scope,
  } = call
  const text = constantText(pattern)
  if (given === undefined || text === null) return null
  if (given.type === OID.numeric || given.type === OID.int4 || given.type === OID.int8) return numberToChar(given, text)
  const value = given.type === OID.timestamptz ? localTime(given, scope.session.catalog.timeZone) : given
  if (value.type !== OID.timestamp && value.type !== OID.date) return null
  const quarter = /^(.*)Q$/.exec(text)
  if (quarter !== null) {
    const year = quarter[1] === '' ? '' : `strftime(${value.sql}, ${quoteLiteral(strftime(quarter[1] ?? ''))}) || `
    return atom(OID.text, `(${year}CAST(quarter(${value.sql}) AS VARCHAR))`)
  }
  return atom(OID.text, `strftime(${value.sql}, ${quoteLiteral(strftime(text))})`)
}

function strftime(pattern: string): string {
  let result = ''
  for (let rest = pattern; rest !== '';) {
    const quoted = /^"([^"]*)"/.exec(rest)
    const known = PATTERNS.find(([name]) => rest.startsWith(name))
    if (quoted !== null) result += (quoted[1] ?? '').replaceAll('%', '%%')
    else if (known !== undefined) result += known[1]
    else if (/^[-/:., T_]/.test(rest) && !rest.startsWith('TM') && !rest.startsWith('TZ')) result += rest[0]
    else throw untranslatable(`to_char(…, '${pattern}')`, `the part ${rest} has no counterpart that is the same`)
    rest = rest.slice(quoted?.[0].length ?? known?.[0].length ?? 1)
  }
  return result
}

/** `FM999990.00`: so many digits after the point, and no blanks. */
function numberToChar(value: Typed, pattern: string): Typed {
  const match = /^FM9*0(?:\.(0+))?$/.exec(pattern)
  if (match === null) throw untranslatable(`to_char(numeric, '${pattern}')`, 'only patterns like FM999990.00 are known to be the same')
  const digits = match[1]?.length ?? 0
  const before = pattern.replace(/^FM/, '').split('.')[0]?.length ?? 1
  const rounded = `CAST(${value.sql} AS DECIMAL(38, ${digits}))`
  const fits = `abs(${rounded}) < 1${'0'.repeat(before)}`
  const tooLong = quoteLiteral(pattern.replace(/^FM/, '').replaceAll(/[09]/g, '#'))
  return atom(OID.text, `CASE WHEN ${fits} THEN CAST(${rounded} AS VARCHAR) WHEN ${operand(value)} IS NOT NULL THEN ${tooLong} END`)
}

const age: FunctionPrinter = ({ type, arguments: [later, earlier], scope }) => {
  if (later === undefined || earlier === undefined) return null
  const { timeZone } = scope.session.catalog
  const sides = [later, earlier].map((side) => (side.type === OID.timestamptz ? localTime(side, timeZone) : side).sql)
  return atom(type, `age(${sides.join(', ')})`)
}

const toDate: FunctionPrinter = ({ arguments: [text, pattern] }) => {
  const format = constantText(pattern)
  if (text === undefined || format === null || !isText(text.type) || !/^YYYY-?MM-?DD$/.test(format)) return null
  return atom(OID.date, `CAST(strptime(${text.sql}, ${quoteLiteral(strftime(format))}) AS DATE)`)
}

/** Inside one statement the time stands still, in both. */
const now: FunctionPrinter = ({ type }) => atom(type, 'now()')

const timeZoneOf: FunctionPrinter = ({ type, arguments: [zone, value] }: FunctionCall) => {
  const name = constantText(zone)
  if (name === null || value === undefined) return null
  if (value.type !== OID.timestamp && value.type !== OID.timestamptz) return null
  return atom(type, `(${operand(value)} AT TIME ZONE ${quoteLiteral(name)})`)
}

export const TIME_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  date_trunc: dateTrunc,
  extract,
  date_part: extract,
  to_char: toChar,
  to_date: toDate,
  age,
  now,
  timezone: timeZoneOf,
  make_date: ({ type, arguments: given }) => atom(type, `make_date(${given.map(({ sql }) => sql).join(', ')})`),
}
