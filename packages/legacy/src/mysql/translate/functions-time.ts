/** Functions of days and moments. */
import { quoteLiteral } from '@millrace/sql'
import { collationOf } from '../catalog/collation.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import type { FunctionCall, FunctionPrinter } from './function-printer.ts'
import { momentOf } from './moment.ts'
import { factsOf } from './text.ts'
import { atom, operand, type Value, value } from './value.ts'

/** The server counts days from the year 0. */
const DAYS_TO_1970 = 719_528

const part =
  (print: (moment: string) => string): FunctionPrinter =>
  ({ values: [given], at }) =>
    given === undefined ? null : atom('integer', print(momentOf(given, true, at).sql), { isWide: true })

const PARTS: Readonly<Record<string, FunctionPrinter>> = {
  year: part((moment) => `year(${moment})`),
  quarter: part((moment) => `quarter(${moment})`),
  month: part((moment) => `month(${moment})`),
  day: part((moment) => `day(${moment})`),
  hour: part((moment) => `hour(${moment})`),
  minute: part((moment) => `minute(${moment})`),
  second: part((moment) => `second(${moment})`),
}

const FORMATS: Readonly<Record<string, string>> = {
  Y: '%Y',
  y: '%y',
  m: '%m',
  c: '%-m',
  d: '%d',
  e: '%-d',
  j: '%j',
  H: '%H',
  k: '%-H',
  i: '%M',
  s: '%S',
  S: '%S',
  T: '%H:%M:%S',
  '%': '%%',
}

const format: FunctionPrinter = ({ values: [given, pattern], scope, at }) => {
  if (given === undefined || pattern?.kind !== 'text' || pattern.constant === null) return null
  const written = pattern.constant.replaceAll(/%([^])|%$/g, (found, letter: string | undefined) => {
    const own = letter === undefined ? undefined : FORMATS[letter]
    if (own === undefined) throw untranslatableAt(`DATE_FORMAT(…, '${found}')`, 'DuckDB has no such part, or it depends on a language', at)
    return own
  })
  const facts = factsOf(written.replaceAll(/%-?[a-zA-Z]/g, '0'), collationOf(scope.session.collation))
  return atom('text', `strftime(${momentOf(given, false, at).sql}, ${quoteLiteral(written)})`, {
    facts: { ...facts, isCanonical: !facts.mayBePadded },
  })
}

const day = (given: Value, at: number): string => {
  const moment = momentOf(given, false, at)
  return moment.kind === 'date' ? operand(moment) : `CAST(${moment.sql} AS DATE)`
}

/** How many whole units lie between; a month is whole once its day and time of day have come. */
const difference = ({ word, values: [start, end], at }: FunctionCall): Value | null => {
  if (start === undefined || end === undefined || word === null) return null
  const [from, to] = [momentOf(start, true, at), momentOf(end, true, at)].map(operand)
  if (['second', 'minute', 'hour', 'day', 'week'].includes(word)) {
    const whole = `date_sub('${word === 'week' ? 'day' : word}', ${from}, ${to})`
    return value('integer', word === 'week' ? `${whole} // 7` : whole, { isWide: true, isAtom: word !== 'week' })
  }
  const share = { month: 1, quarter: 3, year: 12 }[word]
  if (share === undefined) return null
  const months = (one: string, other: string): string =>
    `date_diff('month', ${one}, ${other}) - CAST((day(${other}), CAST(${other} AS TIME)) < (day(${one}), CAST(${one} AS TIME)) AS INTEGER)`
  const whole = `CASE WHEN ${from} <= ${to} THEN ${months(from ?? '', to ?? '')} ELSE -(${months(to ?? '', from ?? '')}) END`
  return atom('integer', share === 1 ? whole : `(${whole}) // ${share}`, { isWide: true, isAtom: share === 1 })
}

export const TIME_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  ...PARTS,
  dayofmonth: PARTS['day'] as FunctionPrinter,
  dayofweek: part((moment) => `(dayofweek(${moment}) + 1)`),
  weekday: part((moment) => `(isodow(${moment}) - 1)`),
  dayofyear: part((moment) => `dayofyear(${moment})`),
  extract: (call) => (call.word !== null && Object.hasOwn(PARTS, call.word) ? (PARTS[call.word]?.(call) ?? null) : null),
  last_day: ({ values: [given], at }) => (given === undefined ? null : atom('date', `last_day(${momentOf(given, false, at).sql})`)),
  date: ({ values: [given], at }) => (given === undefined ? null : atom('date', day(given, at))),
  to_days: ({ values: [given], at }) =>
    given === undefined ? null : value('integer', `${day(given, at)} - DATE '1970-01-01' + ${DAYS_TO_1970}`, { isWide: true }),
  datediff: ({ values: [end, start], at }) =>
    end === undefined || start === undefined ? null : value('integer', `${day(end, at)} - ${day(start, at)}`, { isWide: true }),
  date_format: format,
  timestampdiff: difference,
}
