/**
 * Cells of a column, from bytes to doubles. A kernel takes the common forms of a value alone, and gives up at any
 * other: it returns the row, and whoever called it looks at that cell for himself and goes on behind it.
 */
import {
  above,
  add,
  addDouble,
  addLong,
  and,
  choose,
  type Code,
  differ,
  divide,
  divideDouble,
  double,
  doubleOf,
  doubleOfLong,
  equal,
  give,
  greater,
  greaterDouble,
  int,
  isZero,
  type Kernel,
  less,
  lessDouble,
  loadByte,
  loadDouble,
  loadInt,
  long,
  longOf,
  negated,
  or,
  repeat,
  shiftLeft,
  storeDouble,
  subtract,
  subtractDouble,
  times,
  timesDouble,
  timesLong,
  TYPE,
  type ValueType,
  type Variable,
  variables,
  when,
} from './assemble.ts'

/** How a column's cells become doubles. */
export type CellForm =
  /** `scale` null: with a fraction of any length. Else in units of 10^-scale, and none beyond the limits. */
  | { readonly kind: 'numbers'; readonly point: number; readonly scale: number | null; readonly lowest: number; readonly highest: number }
  | { readonly kind: 'dates' | 'timestamps' | 'booleans' }

/** So many digits are exact in a double whatever they are. */
export const EXACT_DIGITS = 15
/** Powers of ten up to this are exact in a double; they lie at the beginning of the memory. */
const EXACT_POWER = 22
export const POWERS: Float64Array = Float64Array.from({ length: EXACT_POWER + 1 }, (_, power) => Number(`1e${power}`))

const { I32, I64, F64 } = TYPE
const ZERO = 0x30
const LOWER = 0x20
const DAY_MICROS = 86_400_000_000
/** Up to here a day's last microsecond is still exact in a double. */
const EXACT_DAYS = 104_000

/** Every kernel: rows `[row, rows)`, where their cells begin and end, how far it is to the next row's, by how much places are moved to be addresses, and where the values go. */
const COMMON = [I32, I32, I32, I32, I32, I32, I32] as const
const [row, rows, starts, ends, stride, shift, into, ...own] = variables<7>(COMMON.length + 4)

interface CellKernel {
  readonly name: string
  readonly parameters?: readonly ValueType[]
  readonly variables: readonly ValueType[]
  /** Sets the value; `at` and `end` are the cell's first byte and the one behind its last. */
  readonly cell: (place: {
    readonly at: Variable
    readonly end: Variable
    readonly value: Variable
    readonly more: readonly Variable[]
  }) => Code
}

const giveUp: Code = give(row.get)

function cellKernel({ name, parameters = [], variables: more, cell }: CellKernel): Kernel {
  const given = [...COMMON, ...parameters]
  const others = [I32, I32, F64, ...more]
  const [at, end, value, ...rest] = variables<3>(others.length, given.length)
  return {
    name,
    parameters: given,
    variables: others,
    body: [
      ...repeat(less(row.get, rows.get), [
        ...at.set(add(loadInt(starts.get), shift.get)),
        ...end.set(add(loadInt(ends.get), shift.get)),
        ...cell({ at, end, value, more: rest }),
        ...storeDouble(into.get, value.get),
        ...into.set(add(into.get, int(8))),
        ...starts.set(add(starts.get, stride.get)),
        ...ends.set(add(ends.get, stride.get)),
        ...row.set(add(row.get, int(1))),
      ]),
      ...row.get,
    ],
  }
}

const digitAt = (at: Code, offset: number): Code => subtract(loadByte(at, offset), int(ZERO))

/** `[point, scale, lowest, highest]`. A `scale` below zero: a fraction of any length, as a double. Else the value is in units of 10^-scale. */
const [point, scale, lowest, highest] = own as [Variable, Variable, Variable, Variable]

const NUMBERS: Kernel = cellKernel({
  name: 'numbers',
  parameters: [I32, I32, F64, F64],
  variables: [I64, I32, I32, I32, I32],
  cell({ at, end, value, more }) {
    const [digits, count, pointAt, digit, negative] = more as [Variable, Variable, Variable, Variable, Variable]
    const missing = digit
    const power = (exponent: Code): Code => loadDouble(shiftLeft(exponent, int(3)))
    const fraction = choose(less(pointAt.get, int(0)), int(0), subtract(subtract(end.get, pointAt.get), int(1)))
    return [
      ...when(less(end.get, add(at.get, int(1))), giveUp),
      ...negative.set(equal(loadByte(at.get), int(0x2d))),
      ...at.set(add(at.get, negative.get)),
      ...digits.set(long(0)),
      ...count.set(int(0)),
      ...pointAt.set(int(-1)),
      ...repeat(less(at.get, end.get), [
        ...digit.set(digitAt(at.get, 0)),
        ...when(
          above(int(10), digit.get),
          [...digits.set(addLong(timesLong(digits.get, long(10)), longOf(digit.get))), ...count.set(add(count.get, int(1)))],
          [...when(or(differ(loadByte(at.get), point.get), greater(pointAt.get, int(-1))), giveUp), ...pointAt.set(at.get)],
        ),
        ...at.set(add(at.get, int(1))),
      ]),
      ...when(or(isZero(count.get), greater(count.get, int(EXACT_DIGITS))), giveUp),
      ...when(
        less(scale.get, int(0)),
        [...value.set(divideDouble(doubleOfLong(digits.get), power(fraction))), ...when(negative.get, value.set(negated(value.get)))],
        [
          ...missing.set(subtract(scale.get, fraction)),
          ...when(or(less(missing.get, int(0)), greater(add(count.get, missing.get), int(EXACT_DIGITS))), giveUp),
          ...value.set(timesDouble(doubleOfLong(digits.get), power(missing.get))),
          // Zero has no sign here.
          ...when(negative.get, value.set(subtractDouble(double(0), value.get))),
          ...when(or(lessDouble(value.get, lowest.get), greaterDouble(value.get, highest.get)), giveUp),
        ],
      ),
    ]
  },
})

/** The day of `YYYY-MM-DD`, in `value`; gives up at what is none, at the year 0 and at the 29th of February. */
function dayOf(at: Variable, value: Variable, more: readonly Variable[]): Code {
  const [year, month, day, wrong] = more as [Variable, Variable, Variable, Variable]
  const read = (number: Variable, offset: number): Code => [
    ...number.set(add(times(number.get, int(10)), digitAt(at.get, offset))),
    ...wrong.set(or(wrong.get, above(digitAt(at.get, offset), int(9)))),
  ]
  const dash = (offset: number): Code => wrong.set(or(wrong.get, differ(loadByte(at.get, offset), int(0x2d))))
  // Thirty, and one more in the odd months up to July and the even ones after it.
  const last = add(int(30), and(add(month.get, divide(month.get, int(8))), int(1)))
  const isFebruary = equal(month.get, int(2))
  // Years begin in March, so that the day that is not always there is a year's last.
  const early = less(month.get, int(3))
  const yearDay = add(
    divide(add(times(int(153), add(month.get, choose(early, int(9), int(-3)))), int(2)), int(5)),
    subtract(day.get, int(1)),
  )
  return [
    ...[year, month, day, wrong].flatMap((each) => each.set(int(0))),
    ...[0, 1, 2, 3].flatMap((offset) => read(year, offset)),
    ...dash(4),
    ...[5, 6].flatMap((offset) => read(month, offset)),
    ...dash(7),
    ...[8, 9].flatMap((offset) => read(day, offset)),
    ...wrong.set(or(wrong.get, above(subtract(month.get, int(1)), int(11)))),
    ...wrong.set(or(wrong.get, above(subtract(day.get, int(1)), choose(isFebruary, int(27), subtract(last, int(1)))))),
    ...when(or(wrong.get, isZero(year.get)), giveUp),
    ...day.set(yearDay),
    ...year.set(subtract(year.get, early)),
    ...day.set(add(day.get, times(year.get, int(365)))),
    ...day.set(add(day.get, divide(year.get, int(4)))),
    ...day.set(subtract(day.get, divide(year.get, int(100)))),
    ...day.set(add(day.get, divide(year.get, int(400)))),
    // From the first of March of the year 0 to the epoch.
    ...value.set(doubleOf(subtract(day.get, int(719_468)))),
  ]
}

const DATES: Kernel = cellKernel({
  name: 'dates',
  variables: [I32, I32, I32, I32],
  cell: ({ at, end, value, more }) => [...when(differ(subtract(end.get, at.get), int(10)), giveUp), ...dayOf(at, value, more)],
})

/** `YYYY-MM-DD HH:MM:SS`, or with a T between, and up to six digits of a fraction. */
const TIMESTAMPS: Kernel = cellKernel({
  name: 'timestamps',
  variables: [I32, I32, I32, I32, I32, I32],
  cell({ at, end, value, more }) {
    const [seconds, part, fraction, wrong, length, digit] = more as [Variable, Variable, Variable, Variable, Variable, Variable]
    const two = (offset: number, limit: number): Code => [
      ...wrong.set(or(wrong.get, or(above(digitAt(at.get, offset), int(9)), above(digitAt(at.get, offset + 1), int(9))))),
      ...part.set(add(times(digitAt(at.get, offset), int(10)), digitAt(at.get, offset + 1))),
      ...wrong.set(or(wrong.get, above(part.get, int(limit)))),
      ...seconds.set(add(times(seconds.get, int(60)), part.get)),
    ]
    const is = (offset: number, byte: number): Code => wrong.set(or(wrong.get, differ(loadByte(at.get, offset), int(byte))))
    return [
      ...length.set(subtract(end.get, at.get)),
      ...when(above(subtract(length.get, int(19)), int(7)), giveUp),
      ...dayOf(at, value, more),
      ...when(or(greaterDouble(value.get, double(EXACT_DAYS)), lessDouble(value.get, double(-EXACT_DAYS))), giveUp),
      ...[seconds, wrong, fraction].flatMap((each) => each.set(int(0))),
      ...wrong.set(and(differ(loadByte(at.get, 10), int(0x20)), differ(loadByte(at.get, 10), int(0x54)))),
      ...two(11, 23),
      ...is(13, 0x3a),
      ...two(14, 59),
      ...is(16, 0x3a),
      ...two(17, 59),
      ...when(greater(length.get, int(19)), [
        ...is(19, 0x2e),
        ...wrong.set(or(wrong.get, equal(length.get, int(20)))),
        ...at.set(add(at.get, int(20))),
        ...repeat(less(at.get, end.get), [
          ...digit.set(digitAt(at.get, 0)),
          ...wrong.set(or(wrong.get, above(digit.get, int(9)))),
          ...fraction.set(add(times(fraction.get, int(10)), digit.get)),
          ...at.set(add(at.get, int(1))),
        ]),
        ...repeat(less(length.get, int(26)), [...fraction.set(times(fraction.get, int(10))), ...length.set(add(length.get, int(1)))]),
      ]),
      ...when(wrong.get, giveUp),
      ...value.set(
        addDouble(
          addDouble(timesDouble(value.get, double(DAY_MICROS)), timesDouble(doubleOf(seconds.get), double(1_000_000))),
          doubleOf(fraction.get),
        ),
      ),
    ]
  },
})

/** `true`, `false`, and one character, in any case; all else is left to the words. */
const BOOLEANS: Kernel = cellKernel({
  name: 'booleans',
  variables: [I32, I32],
  cell({ at, end, value, more }) {
    const [length, first] = more as [Variable, Variable]
    const lower = (offset: number): Code => or(loadByte(at.get, offset), int(LOWER))
    const word = (letters: string): Code =>
      Array.from(letters, (letter, offset) => equal(lower(offset), int(letter.charCodeAt(0)))).reduce((left, right) => and(left, right))
    const one = (letter: string, figure: string): Code =>
      or(equal(first.get, int(letter.charCodeAt(0))), equal(loadByte(at.get), int(figure.charCodeAt(0))))
    const isLong = (count: number): Code => equal(length.get, int(count))
    return [
      ...length.set(subtract(end.get, at.get)),
      ...first.set(lower(0)),
      ...when(
        or(and(isLong(4), word('true')), and(isLong(1), one('t', '1'))),
        value.set(double(1)),
        when(or(and(isLong(5), word('false')), and(isLong(1), one('f', '0'))), value.set(double(0)), giveUp),
      ),
    ]
  },
})

export const CELL_KERNELS: readonly Kernel[] = [NUMBERS, DATES, TIMESTAMPS, BOOLEANS]
