import type { Plan } from '@millrace/sql'

/** Numbers plans so that those that mean the same have the same number: a table of WITH that is read twice, the outer rows of a subquery. */
export class PlanIdentity {
  readonly #known = new WeakMap<Plan, number>()
  readonly #numbers = new Map<string, number>()

  of(plan: Plan): number {
    const known = this.#known.get(plan)
    if (known !== undefined) return known
    // A plan is part of another only as its whole input, so that a plan's text needs no text of its inputs.
    const text = JSON.stringify(plan, (field, value: unknown) =>
      field !== '' && isPlan(value) ? `plan ${this.of(value)}` : written(value),
    )
    const number = this.#numbers.get(text) ?? this.#numbers.size
    this.#numbers.set(text, number)
    this.#known.set(plan, number)
    return number
  }
}

/** Expressions have a kind and a type, plans a kind and the types of their columns. */
function isPlan(value: unknown): value is Plan {
  return typeof value === 'object' && value !== null && 'kind' in value && 'types' in value
}

/** What JSON cannot tell apart. */
function written(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return `${Object.is(value, -0) ? '-0' : value}f`
  return value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value
}
