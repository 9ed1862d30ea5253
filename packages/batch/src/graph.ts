/**
 * The graph of batch models. Apart from the rest, so that a command that finds nothing to bind and nothing
 * to run loads no engine: DuckDB is loaded where a session of it is opened.
 */
export { type CacheEntry, readCheckCache, writeCheckCache } from './graph/check/check-cache.ts'
export { checkGraph } from './graph/check/check-graph.ts'
export type { CheckedGraph, CheckedModel, GraphColumn, GraphRelation } from './graph/check/checked-graph.ts'
export type { GraphModel } from './graph/model/model.ts'
export { isWithinWindow, type IntervalWindow, readWindow } from './graph/model/interval-window.ts'
export { nextInterval, stretchesOf } from './graph/model/interval.ts'
export { foldedName, HISTORY_COLUMNS, type IntervalUnit } from './graph/model/model.ts'
export type { Budget } from './graph/model/budget.ts'
export { orderProblem } from './graph/check/order-problem.ts'
export { keptColumnsError } from './graph/check/kept-columns.ts'
export { historyElsewhere } from './graph/run/merge-rows.ts'
export { signatureOf } from './graph/check/checked-graph.ts'
export { INTERVALS_LIMIT } from './graph/run/make-intervals.ts'
export { readModels, type SeedFile } from './graph/model/read-models.ts'
export { neighboursOf } from './graph/select/neighbours.ts'
export { type ModelState, selectModels } from './graph/select/select-models.ts'
export { type Seed, seedRelations } from './graph/model/seed-relations.ts'
export { GraphCatalog } from './graph/catalog/catalog.ts'
export type { TableMemory } from './graph/catalog/table-memory.ts'
export type { RunRecord, ServerContent, Version, ViewContent } from './graph/catalog/version.ts'
export {
  type Held,
  type ServerCheck,
  type ServerEngine,
  serverRelation,
  type ServerRun,
  type ServerRunOptions,
  type ServerTable,
  type ServerVersion,
  type ServerWork,
  type ShownTables,
  type StagedTables,
  type KeptTables,
} from './graph/engine/graph-engine.ts'
export { checkBinding, runError } from './query-error.ts'
export { showPublication } from './graph/run/server-runs.ts'
export { mentionsOf } from './graph/check/mentions.ts'
export { bindingOrder } from './graph/check/binding-order.ts'
export { type Asked, momentParts } from './graph/check/moment.ts'
export { hashOf, type HeldModel } from './graph/check/checked-graph.ts'
export { obey, type StatedOrder } from './order/obey.ts'
export { checkOrder, type OrderVerdict } from './order/check-plan.ts'
export { postgresPlan } from './order/postgres-plan.ts'
export { withoutEnd } from './without-end.ts'
export { openEnvironment } from './graph/run/open-environment.ts'
export { forecastPlan, forecastSteps, type RunForecast } from './graph/forecast/forecast-plan.ts'
export type { StepRecord } from './graph/catalog/step-record.ts'
export type { ForecastRecord } from './graph/catalog/run-forecast.ts'
export type { StepTold } from './graph/run/run-steps.ts'
export type { RunPlan, Step } from './graph/run/plan-run.ts'
export { type GraphPlace, type GraphRunOutcome, planGraph, runGraph } from './graph/run/run-graph.ts'
export { adviseLayouts, type LayoutAdvice } from './graph/layout/advise-layouts.ts'
export type { LayoutTrial } from './graph/layout/try-layout.ts'
export { clockTime, nextAt, readSchedule, type Schedule, type ScheduleSettings } from './graph/schedule/schedule.ts'
export type { ScheduledRun } from './graph/schedule/schedule-memory.ts'
export { scheduleState, type ScheduleState } from './graph/schedule/schedule-state.ts'
export { type DueOutcome, type DueRun, Scheduler } from './graph/schedule/scheduler.ts'
export { Zone } from './graph/schedule/zone-time.ts'
export { explainOrders } from './graph/run/explain-order.ts'
