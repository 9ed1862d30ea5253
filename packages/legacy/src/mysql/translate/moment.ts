/** Days and moments, and the texts that are read as such. */
import { untranslatableAt } from '../untranslatable-at.ts'
import { atom, type Value } from './value.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$/

/** A text that the server reads as a day or a moment; null where it is none. */
export function momentConstant(text: string): Value | null {
  const time = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text.slice(0, 10)) return null
  if (DAY.test(text)) return atom('date', `DATE '${text}'`)
  return MOMENT.test(text) ? atom('datetime', `TIMESTAMP '${text}'`, { fraction: text.split('.')[1]?.length ?? 0 }) : null
}

/** The value as a day, or as a moment where one is wanted. */
export function momentOf(given: Value, asMoment: boolean, at: number): Value {
  if (given.kind === 'null') return given
  const found = given.constant !== null && given.kind === 'text' ? momentConstant(given.constant) : given
  if (found === null || (found.kind !== 'date' && found.kind !== 'datetime'))
    throw untranslatableAt(`a ${given.kind} as a date`, 'what day the server reads from it depends on each row', at)
  if (found.kind === 'datetime' || !asMoment) return found
  return atom('datetime', `CAST(${found.sql} AS TIMESTAMP)`)
}
