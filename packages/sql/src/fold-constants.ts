/**
 * Computes what a plan writes as constants: `date '2024-01-02'` is a cast of a text there, an interval a
 * call of `to_days`. DuckDB itself is asked for each value, so that it is right by construction.
 */
import { sqlNameOf, valueToText } from '@millrace/core'
import { FOLDED_FUNCTIONS } from './compile/functions.ts'
import { type Constant, constant } from './expression/constant.ts'
import { type Expression, inputsOf, withInputs } from './expression/expression.ts'
import type { ExpressionType } from './duckdb-type.ts'
import { quoteLiteral } from './identifier.ts'
import { readDuckdbValue } from './duckdb-value.ts'
import type { Planner } from './planner.ts'

export async function foldConstants(expression: Expression, planner: Planner): Promise<Expression> {
  const inputs: Expression[] = []
  for (const input of inputsOf(expression)) inputs.push(await foldConstants(input, planner))
  const folded = withInputs(expression, inputs)
  if (folded.kind !== 'cast' && folded.kind !== 'call') return folded
  if (folded.kind === 'call' && !FOLDED_FUNCTIONS.has(folded.name)) return folded
  if (!inputs.every((input) => input.kind === 'constant')) return folded
  const text = printConstant(folded)
  if (text === null) return folded
  const value = await evaluate(text, planner)
  return value === undefined ? folded : constant(value, folded.type, folded.place)
}

/** Undefined where DuckDB refuses: the expression then stays as it is, and raises where it is met. */
async function evaluate(text: string, planner: Planner): Promise<Constant['value'] | undefined> {
  try {
    const [value] = await planner.evaluate([text])
    return readDuckdbValue(value)
  } catch {
    return undefined
  }
}

const INFIX = new Set(['+', '-', '*', '/', '//', '%', '||'])

/** The expression as SQL; null where its constants cannot be written. */
function printConstant(expression: Expression): string | null {
  switch (expression.kind) {
    case 'constant':
      return printLiteral(expression.value, expression.type)
    case 'cast': {
      const input = printConstant(expression.input)
      return input === null ? null : `${expression.lenient ? 'TRY_CAST' : 'CAST'}(${input} AS ${typeName(expression.type)})`
    }
    case 'call': {
      const inputs = expression.inputs.map(printConstant)
      if (inputs.includes(null)) return null
      if (!INFIX.has(expression.name)) return `${expression.name}(${inputs.join(', ')})`
      return inputs.length === 1 ? `(${expression.name} ${inputs[0]})` : `(${inputs.join(` ${expression.name} `)})`
    }
    default:
      return null
  }
}

function printLiteral(value: Constant['value'], type: ExpressionType): string | null {
  if (value === null) return `CAST(NULL AS ${typeName(type)})`
  if (type.kind === 'interval' || type.kind === 'null') {
    if (typeof value !== 'object' || value instanceof Uint8Array) return null
    return `(to_months(${value.months}) + to_days(${value.days}) + to_microseconds(${value.micros}))`
  }
  if (type.kind === 'bytes') return null
  if (typeof value === 'object') return null
  return `CAST(${quoteLiteral(valueToText(type, value))} AS ${sqlNameOf(type)})`
}

function typeName(type: ExpressionType): string {
  if (type.kind === 'interval') return 'INTERVAL'
  return type.kind === 'null' ? '"NULL"' : sqlNameOf(type)
}
