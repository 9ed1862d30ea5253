/**
 * As much of WebAssembly's binary form as the kernels need: instructions are lists of bytes, and a module goes
 * around them. Whoever reads a kernel reads expressions, in the order in which they are written in any language.
 */

export type Code = readonly number[]

export const TYPE = { I32: 0x7f, I64: 0x7e, F64: 0x7c, V128: 0x7b } as const
export type ValueType = (typeof TYPE)[keyof typeof TYPE]

/** Returns an `I32`. */
export interface Kernel {
  readonly name: string
  readonly parameters: readonly ValueType[]
  /** They follow the parameters, and are zero at first. */
  readonly variables: readonly ValueType[]
  readonly body: Code
}

/** The module brings no memory: it works on `env.memory`. */
export function moduleOf(kernels: readonly Kernel[]): Uint8Array<ArrayBuffer> {
  const types = kernels.map(({ parameters }) => [0x60, ...vector(parameters.map((type) => [type])), 1, TYPE.I32])
  const exported = kernels.map(({ name }, at) => [...text(name), 0x00, at])
  const bodies = kernels.map((kernel) => sized([...vector(kernel.variables.map((type) => [1, type])), ...kernel.body, END]))
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, types),
    ...section(2, [[...text('env'), ...text('memory'), 0x02, 0x00, 1]]),
    ...section(
      3,
      kernels.map((_, at) => [at]),
    ),
    ...section(7, exported),
    ...section(10, bodies),
  ])
}

/** `\0asm`, version 1. */
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const END = 0x0b
const NO_RESULT = 0x40
const SIMD = 0xfd

export interface Variable {
  readonly get: Code
  set(value: Code): Code
}

type Tuple<Length extends number, Taken extends Variable[] = []> = Taken['length'] extends Length
  ? Taken
  : Tuple<Length, [...Taken, Variable]>

/** By their place among parameters and variables; the first `Named` of them are certain. */
export function variables<Named extends number>(count: number, first = 0): [...Tuple<Named>, ...Variable[]] {
  const all = Array.from({ length: count }, (_, at): Variable => ({
    get: [0x20, ...unsigned(first + at)],
    set: (value) => [...value, 0x21, ...unsigned(first + at)],
  }))
  return all as [...Tuple<Named>, ...Variable[]]
}

export const int = (value: number): Code => [0x41, ...signed(value)]
export const long = (value: number): Code => [0x42, ...signed(value)]
export const double = (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)]

type Binary = (left: Code, right: Code) => Code
type Unary = (value: Code) => Code

const binary =
  (...operation: Code): Binary =>
  (left, right) => [...left, ...right, ...operation]
const unary =
  (...operation: Code): Unary =>
  (value) => [...value, ...operation]

/** Of `I32`; what compares answers with 1 or 0. */
export const isZero: Unary = unary(0x45)
export const equal: Binary = binary(0x46)
export const differ: Binary = binary(0x47)
export const less: Binary = binary(0x48)
export const greater: Binary = binary(0x4a)
/** As if there were no negative numbers. */
export const above: Binary = binary(0x4b)
export const add: Binary = binary(0x6a)
export const subtract: Binary = binary(0x6b)
export const times: Binary = binary(0x6c)
export const divide: Binary = binary(0x6d)
export const and: Binary = binary(0x71)
export const or: Binary = binary(0x72)
export const shiftLeft: Binary = binary(0x74)
export const shiftRight: Binary = binary(0x76)

/** Of `I64`. */
export const longOf: Unary = unary(0xad)
export const intOf: Unary = unary(0xa7)
export const isLongZero: Unary = unary(0x50)
export const firstBit: Unary = unary(0x7a)
export const bits: Unary = unary(0x7b)
export const addLong: Binary = binary(0x7c)
export const timesLong: Binary = binary(0x7e)
export const andLong: Binary = binary(0x83)
export const orLong: Binary = binary(0x84)
export const shiftLeftLong: Binary = binary(0x86)

/** Of `F64`. */
export const doubleOf: Unary = unary(0xb7)
export const doubleOfLong: Unary = unary(0xb9)
export const negated: Unary = unary(0x9a)
export const addDouble: Binary = binary(0xa0)
export const timesDouble: Binary = binary(0xa2)
export const divideDouble: Binary = binary(0xa3)
export const subtractDouble: Binary = binary(0xa1)
export const lessDouble: Binary = binary(0x63)
export const greaterDouble: Binary = binary(0x64)

/** Sixteen bytes at once. */
export const splat: Unary = unary(SIMD, 0x0f)
export const equal16: Binary = binary(SIMD, 0x23)
export const or16: Binary = binary(SIMD, 0x50)
export const bits16: Unary = unary(SIMD, 0x64)

export const loadByte = (at: Code, offset = 0): Code => [...at, 0x2d, 0, ...unsigned(offset)]
export const loadInt = (at: Code, offset = 0): Code => [...at, 0x28, 0, ...unsigned(offset)]
export const loadDouble = (at: Code, offset = 0): Code => [...at, 0x2b, 0, ...unsigned(offset)]
export const load16 = (at: Code, offset = 0): Code => [...at, SIMD, 0x00, 0, ...unsigned(offset)]
export const storeInt = (at: Code, value: Code, offset = 0): Code => [...at, ...value, 0x36, 0, ...unsigned(offset)]
export const storeDouble = (at: Code, value: Code, offset = 0): Code => [...at, ...value, 0x39, 0, ...unsigned(offset)]

/** One of two values, both of which are computed. */
export const choose = (condition: Code, yes: Code, no: Code): Code => [...yes, ...no, ...condition, 0x1b]
export const give = (value: Code): Code => [...value, 0x0f]

export function when(condition: Code, yes: Code, no: Code = []): Code {
  return [...condition, 0x04, NO_RESULT, ...yes, ...(no.length === 0 ? [] : [0x05, ...no]), END]
}

/** Again and again while `condition` holds, which is asked before each turn. */
export function repeat(condition: Code, body: Code): Code {
  return [0x02, NO_RESULT, 0x03, NO_RESULT, ...condition, 0x45, 0x0d, 1, ...body, 0x0c, 0, END, END]
}

function section(id: number, items: readonly Code[]): Code {
  return [id, ...sized(vector(items))]
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()]
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content]
}

function text(value: string): Code {
  return sized([...Buffer.from(value, 'latin1')])
}

/** Seven bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  const rest = value >> 7
  const isLast = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0)
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)]
}
