import { createHash } from 'node:crypto'
import type { Schema } from '@millrace/core'
import type { Expression } from './expression/expression.ts'
import { type Plan, planInputs } from './plan/plan.ts'
import { partsOf } from './plan/plan-parts.ts'

/** Grows when the same plan would come to mean something else, so that every model is filled anew. */
const SEMANTICS_VERSION = 2

/**
 * What a model means: its plan and the schema of its rows, with the fingerprints of the models it
 * reads. White space, comments, aliases and places in the SQL do not enter.
 */
export function fingerprintOf(plan: Plan, schema: Schema, inputs: readonly string[]): string {
  const columns = schema.columns.map(({ name, type }) => [name, type])
  const text = JSON.stringify([SEMANTICS_VERSION, columns, schema.key, inputs, digestOf(plan)], canonical)
  return hashOf(text).slice(0, 32)
}

/** Of a part that has several readers it is made once, and stands for all that is below it. */
function digestOf(plan: Plan): string {
  const digests = new Map<Plan, string>()
  for (const part of partsOf(plan)) {
    const inputs = new Set<unknown>(planInputs(part))
    const text = JSON.stringify(part, (key, value: unknown) => (inputs.has(value) ? digests.get(value as Plan) : canonical(key, value)))
    digests.set(part, hashOf(text))
  }
  return digests.get(plan) as string
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Whether two expressions are one, wherever they are written. */
export function sameExpression(one: Expression, other: Expression): boolean {
  return JSON.stringify(one, canonical) === JSON.stringify(other, canonical)
}

function canonical(key: string, value: unknown): unknown {
  if (key === 'place') return undefined
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return `${Object.is(value, -0) ? '-0' : value}f`
  return value
}
