/**
 * The scalar functions that a live model may call, by DuckDB's name. Each is here because a differential
 * test shows that it gives DuckDB's result and type for every kind of input; all others are refused.
 */
import type { Call } from '../expression/call.ts'
import { ARITHMETIC } from './functions-arithmetic.ts'
import { DATE, timeArithmetic } from './functions-date.ts'
import { NUMBER } from './functions-number.ts'
import { SINGLE } from './functions-single.ts'
import { TEXT } from './functions-text.ts'
import type { KernelWriter, Operand } from './kernel-writer.ts'

/** Writes the code of a call; null where it is not supported for these types. */
export type FunctionEmitter = (writer: KernelWriter, call: Call, inputs: readonly Operand[]) => Operand | null

const plus: FunctionEmitter = (writer, call, inputs) => ARITHMETIC['+']?.(writer, call, inputs) ?? timeArithmetic(1)(writer, call, inputs)
const minus: FunctionEmitter = (writer, call, inputs) => ARITHMETIC['-']?.(writer, call, inputs) ?? timeArithmetic(-1)(writer, call, inputs)

export const FUNCTIONS: Readonly<Record<string, FunctionEmitter>> = {
  ...ARITHMETIC,
  ...TEXT,
  ...NUMBER,
  ...DATE,
  ...SINGLE,
  '+': plus,
  '-': minus,
}
