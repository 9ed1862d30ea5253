/** The plan that Postgres itself makes for a model, compared with the orders that the model states. */
import {
  checkOrder,
  foldedName,
  type GraphModel,
  obey,
  type OrderVerdict,
  postgresPlan,
  type StatedOrder,
  withoutEnd,
} from '@millrace/batch/graph'
import type { Session } from './session.ts'

/** Within a transaction, in which what the model reads is there: `views` are the names of models. */
export async function explainOrders(session: Session, model: GraphModel, views: ReadonlySet<string>): Promise<OrderVerdict[]> {
  const { sql, orders, settings } = obey(model.sql, 'postgres')
  for (const { set } of settings) await session.run(set.replace(/^SET /, 'SET LOCAL '))
  const [row] = await session.objects<{ 'QUERY PLAN': unknown }>(`EXPLAIN (FORMAT JSON) ${withoutEnd(sql)}`)
  const plan = postgresPlan(row?.['QUERY PLAN'])
  return orders.map((stated) => checkOrder(plan, stated.order, (alias) => shownName(alias, stated, views)))
}

/** A table is shown by its alias, a model by its own name, and not at all where the SELECT reads it twice. */
function shownName(alias: string, { relations }: StatedOrder, views: ReadonlySet<string>): string {
  const modelOf = (each: string): string | null => {
    const name = foldedName(relations.get(each) ?? each)
    return views.has(name) ? name : null
  }
  const model = modelOf(alias)
  if (model === null) return alias
  const isAlone = [...relations.keys()].every((other) => other === alias || modelOf(other) !== model)
  return isAlone ? model : `${alias} of ${model}`
}
