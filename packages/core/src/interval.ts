import type { Value } from './value.ts'
import { wholeNumber } from './value.ts'

/** Months, days and microseconds stay apart: a month has no fixed length, nor has a day where clocks change. */
export interface Interval {
  readonly months: number
  readonly days: number
  readonly micros: number | bigint
}

/** An interval's value: the text that DuckDB writes. Different intervals have different texts. */
export function intervalToText({ months, days, micros }: Interval): string {
  const years = Math.trunc(months / 12)
  const parts = [unit(years, 'year'), unit(months - years * 12, 'month'), unit(days, 'day')]
  if (BigInt(micros) !== 0n) parts.push(clockText(BigInt(micros)))
  const text = parts.filter((part) => part !== '').join(' ')
  return text === '' ? '00:00:00' : text
}

function unit(count: number, name: string): string {
  if (count === 0) return ''
  return `${count} ${name}${Math.abs(count) === 1 ? '' : 's'}`
}

function clockText(micros: bigint): string {
  const total = micros < 0n ? -micros : micros
  const seconds = total / 1_000_000n
  const fraction = total % 1_000_000n
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, '0')).join(':')
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
  return `${micros < 0n ? '-' : ''}${clock}${digits}`
}

const PATTERN = /^(?:(-?\d+) years?)? ?(?:(-?\d+) months?)? ?(?:(-?\d+) days?)? ?(?:(-?)(\d{2,}):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/

/** Null where the text is none that `intervalToText` writes. */
export function intervalFromText(text: Value): Interval | null {
  const match = typeof text === 'string' && text !== '' ? PATTERN.exec(text) : null
  if (match === null) return null
  const [, years = '0', months = '0', days = '0', sign = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = match
  const micros = ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  const count = Number(years) * 12 + Number(months)
  return { months: count, days: Number(days), micros: wholeNumber(sign === '-' ? -micros : micros) }
}
