import type { ImportedTree, Refusal } from '../imported-tree.ts'
import { modelPath } from './model-file.ts'

export interface ImportReport {
  readonly views: number
  readonly translated: number
  /** Each with what stood in the way. */
  readonly refused: readonly RefusedView[]
  /** Translated, but they read what was not. */
  readonly waiting: readonly string[]
  /** Where an answer rests on an assumption about the data. */
  readonly notes: readonly { readonly model: string; readonly note: string }[]
  /** Views whose model has another name. */
  readonly renamed: readonly { readonly view: string; readonly model: string }[]
  readonly tables: readonly string[]
  /** Rows copied to seeds; 0 where the tables are followed. */
  readonly rows: number
}

interface RefusedView extends Refusal {
  readonly view: string
  readonly file: string
}

export function importReport({ models, tables }: ImportedTree, rows: number): ImportReport {
  const stopped = new Set(models.flatMap(({ name, refusal }) => (refusal === null ? [] : [name])))
  const waiting: string[] = []
  // Each stands after those that it reads.
  for (const { name, reads } of models) {
    if (stopped.has(name) || !reads.some((read) => stopped.has(read))) continue
    stopped.add(name)
    waiting.push(name)
  }
  return {
    views: models.length,
    translated: models.filter(({ refusal }) => refusal === null).length,
    refused: models.flatMap((model) =>
      model.refusal === null ? [] : [{ view: `${model.legacy.schema}.${model.legacy.name}`, file: modelPath(model), ...model.refusal }],
    ),
    waiting,
    notes: models.flatMap(({ name, notes }) => notes.map((note) => ({ model: name, note }))),
    renamed: models.flatMap(({ name, legacy }) =>
      name === `${legacy.schema}.${legacy.name}` ? [] : [{ view: `${legacy.schema}.${legacy.name}`, model: name }],
    ),
    tables: tables.map(({ name }) => name),
    rows,
  }
}
