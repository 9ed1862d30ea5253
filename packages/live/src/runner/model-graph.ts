import { type BoundModel, type Plan, planInputs } from '@millrace/sql'
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

/** Per relation the names of the columns that the models read. */
export function columnsRead(models: readonly BoundModel[]): ColumnsRead {
  const read = new Map<string, Set<string>>()
  const visit = (plan: Plan): void => {
    if (plan.kind === 'scan') {
      const names = read.get(plan.relation) ?? new Set()
      for (const column of plan.columns) if (column !== null) names.add(column)
      read.set(plan.relation, names)
    }
    for (const input of planInputs(plan)) visit(input)
  }
  for (const model of models) visit(runnablePlan(model))
  return read
}
