/**
 * What type the values of one column have, from a sample. The order of widening: boolean, whole number,
 * decimal or float, date, timestamp, time, uuid, text; for JSON that is mixed or nested, json. The first type that
 * every value of the sample fits is taken. Nothing that a type would lose is given to it: `007` is no number,
 * `01/02/2024` is no date because nobody can say which, and of more than fifteen digits none is a float.
 */
import { sqlNameOf, type Type } from '@millrace/core'
import type { CellOptions } from '../value/cell-options.ts'
import { cellTypeOf } from '../value/cell-type.ts'
import type { InferredColumn } from '../record-reader.ts'

export type GuessKind = 'cell' | 'string' | 'number' | 'boolean' | 'nested'

type Candidate = 'boolean' | 'whole' | 'number' | 'date' | 'timestamp' | 'timestamptz' | 'time' | 'uuid'

const NAMES: Readonly<Record<Candidate, string>> = {
  boolean: 'true or false',
  whole: 'whole numbers',
  number: 'numbers',
  date: 'dates',
  timestamp: 'instants without a zone',
  timestamptz: 'instants with a zone',
  time: 'times of day',
  uuid: 'UUIDs',
}
const ORDER = Object.keys(NAMES) as Candidate[]
/** What a text in quotes may be in JSON; a number in quotes was meant to be text. */
const OF_STRINGS: ReadonlySet<Candidate> = new Set(['date', 'timestamp', 'timestamptz', 'time', 'uuid'])
/** So many values make a guess more than a guess. */
const MANY = 1000
const FEW = 10
const FLOAT_DIGITS = 15
/** So many digits after the point, always the same number of them, are an amount. */
const AMOUNT_SCALE_MAX = 4
const AMOUNT_WIDTH = 18
const WIDTH_MAX = 38

export class ColumnGuess {
  readonly #name: string
  readonly #options: CellOptions
  readonly #fits = new Map<Candidate, number>(ORDER.map((candidate) => [candidate, 0]))
  readonly #misfit = new Map<Candidate, string>()
  readonly #kinds = new Set<GuessKind>()
  readonly #tests: Readonly<Record<Candidate, (text: string) => boolean>>
  #values = 0
  #ambiguous: string | null = null
  #longest = 0
  #fractions = new Set<number>()
  #wholeDigits = 0
  #digits = 0
  #exponent = false
  #beyond64 = false

  constructor(name: string, options: CellOptions) {
    this.#name = name
    this.#options = options
    const reads = (type: Type): ((text: string) => boolean) => {
      const cell = cellTypeOf(type, options)
      return (text) => cell.read(text) !== undefined
    }
    const number = reads({ kind: 'float64' })
    const hugeint = reads({ kind: 'hugeint' })
    const zoned = reads({ kind: 'timestamptz' })
    const plain = reads({ kind: 'timestamp' })
    const date = reads({ kind: 'date' })
    const words = new Set([...(options.booleans?.true ?? ['true']), ...(options.booleans?.false ?? ['false'])])
    this.#tests = {
      boolean: (text) => words.has(options.booleans === undefined ? text.toLowerCase() : text),
      whole: (text) => /^-?(?:0|[1-9][\d.,' _]*)$/.test(text) && hugeint(text),
      number: (text) => /^-?(?:0(?!\d)|[1-9]|[.,])/.test(text) && number(text),
      date,
      timestamp: (text) => plain(text) && !date(text),
      timestamptz: (text) => zoned(text) && !plain(text),
      time: reads({ kind: 'time' }),
      uuid: reads({ kind: 'uuid' }),
    }
  }

  /** A value that is not null. */
  add(given: string, kind: GuessKind): void {
    const text = given.trim()
    this.#values += 1
    this.#kinds.add(kind)
    this.#longest = Math.max(this.#longest, given.length)
    for (const candidate of ORDER) {
      if (this.#misfit.has(candidate)) continue
      if (this.#tests[candidate](text)) this.#fits.set(candidate, (this.#fits.get(candidate) ?? 0) + 1)
      else this.#misfit.set(candidate, text)
    }
    if (/^\d{1,2}[./-]\d{1,2}[./-](?:\d\d|\d{4})$/.test(text)) this.#ambiguous ??= text
    this.#measure(text)
  }

  guess(whole: boolean): { readonly type: Type; readonly column: InferredColumn } {
    const { type, why, sure } = this.#decide()
    const confidence =
      this.#values < FEW && !whole ? 'unsure' : sure && (whole || this.#values >= MANY) ? 'certain' : sure ? 'likely' : 'unsure'
    return { type, column: { name: this.#name, type: sqlNameOf(type), confidence, why } }
  }

  #decide(): { readonly type: Type; readonly why: string; readonly sure: boolean } {
    if (this.#values === 0) return { type: { kind: 'text' }, why: 'there is no value in the sample, and text takes any', sure: false }
    if (this.#kinds.has('nested') || this.#kinds.size > 1) {
      return {
        type: { kind: 'json' },
        why: `the values are of these kinds: ${[...this.#kinds].join(', ')}; json keeps each as it stands`,
        sure: true,
      }
    }
    const found = ORDER.find((candidate) => !this.#misfit.has(candidate) && (!this.#kinds.has('string') || OF_STRINGS.has(candidate)))
    if (found === undefined) return this.#text()
    const all = `all ${this.#values} values are ${NAMES[found]}`
    if (found === 'number') return this.#number(all)
    if (found !== 'whole') return { type: { kind: found }, why: all, sure: true }
    if (this.#beyond64) return { type: { kind: 'hugeint' }, why: `${all}, and one is beyond 64 bits`, sure: true }
    return { type: { kind: 'int64' }, why: `${all}, of up to ${this.#wholeDigits} digits`, sure: true }
  }

  #number(all: string): { readonly type: Type; readonly why: string; readonly sure: boolean } {
    const scale = Math.max(...this.#fractions, 0)
    // A whole number among amounts (`12`) has no digits after its point, and is an amount all the same.
    const scales = [...this.#fractions].filter((digits) => digits > 0)
    if (!this.#exponent && scales.length === 1 && scale <= AMOUNT_SCALE_MAX && this.#wholeDigits + scale <= AMOUNT_WIDTH) {
      return {
        type: { kind: 'decimal', width: AMOUNT_WIDTH, scale },
        why: `${all} with ${scale} digits after the point, always`,
        sure: true,
      }
    }
    if (this.#digits <= FLOAT_DIGITS) return { type: { kind: 'float64' }, why: `${all} of up to ${this.#digits} digits`, sure: true }
    if (!this.#exponent && this.#wholeDigits + scale <= WIDTH_MAX) {
      return { type: { kind: 'decimal', width: WIDTH_MAX, scale }, why: `${all}, and a float would lose digits of one`, sure: false }
    }
    return { type: { kind: 'text' }, why: `${all}, but no type holds all their digits`, sure: false }
  }

  #text(): { readonly type: Type; readonly why: string; readonly sure: boolean } {
    const type: Type = { kind: 'text' }
    if (this.#ambiguous !== null) {
      return {
        type,
        why: `values like ${JSON.stringify(this.#ambiguous)} may be dates, but not which: declare a date with its form`,
        sure: false,
      }
    }
    const nearest = ORDER.map((candidate) => ({ candidate, fits: this.#fits.get(candidate) ?? 0 })).sort(
      (left, right) => right.fits - left.fits,
    )[0]
    const isNear = nearest !== undefined && nearest.fits >= FEW && !this.#kinds.has('string')
    if (!isNear) return { type, why: `the values are texts of up to ${this.#longest} characters`, sure: true }
    const misfit = JSON.stringify((this.#misfit.get(nearest.candidate) ?? '').slice(0, 40))
    return {
      type,
      why: `the first ${nearest.fits} values are ${NAMES[nearest.candidate]}, but ${misfit} is not: declare the type, and such rows are parked`,
      sure: false,
    }
  }

  #measure(text: string): void {
    const point = this.#options.decimalSeparator ?? '.'
    const match = /^-?([\d.,' _]*?)(?:([.,])(\d*))?(?:[eE][+-]?\d+)?$/.exec(text)
    if (match === null) return
    if (/[eE]/.test(text)) this.#exponent = true
    const hasPoint = match[2] === point
    const whole = (hasPoint ? match[1] : text.replace(/[eE].*/, ''))?.replaceAll(/\D/g, '') ?? ''
    const fraction = hasPoint ? (match[3] ?? '') : ''
    this.#fractions.add(fraction.length)
    this.#wholeDigits = Math.max(this.#wholeDigits, whole.length)
    this.#digits = Math.max(this.#digits, `${whole}${fraction}`.replace(/^0+/, '').length)
    if (fraction === '' && whole.length > 18 && whole.length < 60 && !fits64(text.startsWith('-'), whole)) this.#beyond64 = true
  }
}

function fits64(negative: boolean, digits: string): boolean {
  return BigInt(digits) <= 2n ** 63n - (negative ? 0n : 1n)
}
