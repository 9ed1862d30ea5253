/** Rows as JSON: exact, with the columns in the model's order. */
import { type Batch, type Schema, type Value, valueAt, valueToJson, type Vector } from '@millrace/core'

export type RowText = (values: readonly Value[]) => string

export function rowTextOf(schema: Schema): RowText {
  const parts = schema.columns.map(({ name, type }, at) => ({ before: `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`, type }))
  return (values) => {
    let text = ''
    for (let at = 0; at < parts.length; at += 1) {
      const part = parts[at] as (typeof parts)[number]
      text += part.before + JSON.stringify(valueToJson(part.type, values[at] as Value))
    }
    return `${text}}`
  }
}

/** A row of a model's batch. Models tell whole rows: no cell of them is unknown. */
export function valuesAt(vectors: readonly Vector[], row: number): Value[] {
  return vectors.map((vector) => valueAt(vector, row) ?? null)
}

/** The rows of one batch as JSON, each made once however many channels tell it. */
export class BatchText {
  readonly batch: Batch
  readonly #rowText: RowText
  readonly #after: (string | undefined)[] = []
  readonly #before: (string | undefined)[] = []

  constructor(batch: Batch, rowText: RowText) {
    this.batch = batch
    this.#rowText = rowText
  }

  after(row: number): string {
    return (this.#after[row] ??= this.#rowText(valuesAt(this.batch.after, row)))
  }

  before(row: number): string {
    return (this.#before[row] ??= this.#rowText(valuesAt(this.batch.before ?? [], row)))
  }
}
