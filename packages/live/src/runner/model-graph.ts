import type { Watermark } from '@millrace/core'
import { type BoundModel, isWorking, partsOf, type Plan } from '@millrace/sql'
import { boundWindows } from '../rewrite/bound-windows.ts'
import { orderJoins } from '../rewrite/join-order.ts'
import { pruneColumns } from '../rewrite/prune-columns.ts'
import type { ColumnsRead } from './fold-set.ts'

/** The given models or streams' readers, and all that are built on them, in the order of `all`. */
export function withReaders(all: readonly BoundModel[], names: ReadonlySet<string>): readonly BoundModel[] {
  const chosen = new Set(names)
  // `all` is in dependency order, so one pass is enough.
  for (const model of all) if (model.inputs.some((input) => chosen.has(input))) chosen.add(model.name)
  return all.filter((model) => chosen.has(model.name))
}

/** The given models and all that they are built on, in the order of `all`. */
export function withInputs(all: readonly BoundModel[], names: ReadonlySet<string>): readonly BoundModel[] {
  const chosen = new Set(names)
  for (const model of all.toReversed()) if (chosen.has(model.name)) for (const input of model.inputs) chosen.add(input)
  return all.filter((model) => chosen.has(model.name))
}

/** The plan as it is run: joined on equal keys, no more rows numbered than are asked for, without columns that nothing reads. */
export function runnablePlan({ plan }: BoundModel): Plan {
  return pruneColumns(boundWindows(orderJoins(plan)))
}

/** Whether a model goes through rounds: these are many steps in one, which no exchange of rows between threads is made for. */
export function isRecursive({ plan }: BoundModel): boolean {
  return partsOf(plan).some((part) => part.kind === 'recursion')
}

/** Per relation what the models read of it; its watermark is the same for all. */
export function columnsRead(models: readonly BoundModel[]): ColumnsRead {
  const read = new Map<string, { names: Set<string>; watermark?: Watermark | undefined }>()
  for (const part of models.flatMap((model) => partsOf(runnablePlan(model)))) {
    if (part.kind !== 'scan' || isWorking(part.relation)) continue
    const { relation, columns, watermark } = part
    const names = read.get(relation)?.names ?? new Set()
    for (const column of columns) if (column !== null) names.add(column)
    read.set(relation, { names, watermark })
  }
  return read
}
