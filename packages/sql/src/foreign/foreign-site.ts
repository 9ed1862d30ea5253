/**
 * One expression that DuckDB evaluates. A kernel that meets inputs without a known result leaves the row
 * and goes on; after its loop all such inputs are evaluated at once and the kernel runs again. So DuckDB
 * is asked for exactly the inputs that some row really reaches, each once, as CASE and AND demand.
 */
import { assert } from '@millrace/base'
import { decodeVectors, encodeVectors, layoutOf, type Type, type Value, valueAt, type Vector, VectorBuilder } from '@millrace/core'
import { EvaluationFailure } from '../compile/evaluation-failure.ts'
import { evaluateInDuckdb } from './evaluator.ts'
import { noteResults } from './result-cache.ts'

export type SiteKey = string | number | bigint | boolean

export interface SiteOptions {
  readonly sql: string
  readonly inputs: readonly Type[]
  readonly output: Type
  readonly label: string
  readonly place: number
}

/** Inputs that are handed over in one request. */
const REQUEST_ROWS_LIMIT = 65_536
/** A guess of what an entry takes beside its texts. */
const ENTRY_BYTES = 96

export class ForeignSite {
  readonly #options: SiteOptions
  readonly #results = new Map<SiteKey, Value>()
  readonly #wanted = new Map<SiteKey, readonly Value[]>()
  #bytes = 0

  constructor(options: SiteOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Undefined where the result is not known yet. */
  find(key: SiteKey): Value | undefined {
    return this.#results.get(key)
  }

  want(key: SiteKey, inputs: readonly Value[]): void {
    this.#wanted.set(key, inputs)
  }

  /** Evaluates what is wanted; false if nothing is. Raises EvaluationFailure where DuckDB has no value. */
  resolve(): boolean {
    if (this.#wanted.size === 0) return false
    const wanted = [...this.#wanted]
    this.#wanted.clear()
    for (let from = 0; from < wanted.length; from += REQUEST_ROWS_LIMIT) this.#request(wanted.slice(from, from + REQUEST_ROWS_LIMIT))
    return true
  }

  /** Drops the oldest results until no more than so many bytes are held. */
  shrink(bytesLimit: number): void {
    for (const [key, value] of this.#results) {
      if (this.#bytes <= bytesLimit) return
      this.#results.delete(key)
      this.#bytes -= entryBytes(key, value)
    }
  }

  /** After a kernel's run: only now may results go, because the run counts on them. */
  settle(): void {
    noteResults(this)
  }

  #request(wanted: readonly (readonly [SiteKey, readonly Value[]])[]): void {
    const { sql, inputs, output, label, place } = this.#options
    const count = wanted.length
    const columns = inputs.map((type, at) => column(type, wanted, at))
    const answer = evaluateInDuckdb({ sql, inputs, output, count, bytes: encodeVectors(columns, count) })
    if ('problem' in answer) throw new EvaluationFailure(`${label} has no value for a row: ${answer.problem}`, place)
    const { vectors } = decodeVectors(answer.bytes)
    for (const [row, [key]] of wanted.entries()) {
      const value = valueAt(vectors[0] as Vector, row)
      assert(value !== undefined, 'every row has a result')
      this.#results.set(key, value)
      this.#bytes += entryBytes(key, value)
    }
  }
}

function column(type: Type, wanted: readonly (readonly [SiteKey, readonly Value[]])[], at: number): Vector {
  const builder = new VectorBuilder(layoutOf(type), wanted.length)
  for (const [, inputs] of wanted) builder.push(inputs[at] as Value)
  return builder.finish()
}

function entryBytes(key: SiteKey, value: Value): number {
  return ENTRY_BYTES + weightOf(key) + weightOf(value)
}

function weightOf(value: Value): number {
  if (typeof value === 'string') return value.length * 2
  return value instanceof Uint8Array ? value.length : 8
}

/** Several inputs as one key; different inputs have different keys. */
export function siteKey(inputs: readonly Value[]): SiteKey {
  let key = ''
  for (const input of inputs) {
    if (typeof input === 'string') key += `${input.length}:${input}`
    else if (input instanceof Uint8Array) key += `x${input.length}:${Buffer.from(input).toString('latin1')}`
    else key += Object.is(input, -0) ? '-0;' : `${String(input)};`
  }
  return key
}
