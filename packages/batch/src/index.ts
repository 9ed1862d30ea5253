export { typeNameOf, typeOfDuckDB, valueOfDuckDB } from './duckdb-value.ts'
export { type Engine, type EngineOptions, MEMORY_LIMIT_MB } from './engine.ts'
export { QUERY_ROWS_LIMIT, type QueryColumn, queryLog, type QueryRequest, type QueryResult } from './query-log.ts'
export type { Reads } from './reads.ts'
export { Relation } from './relation.ts'
export {
  type BatchRequest,
  type BatchRun,
  type ComputedModel,
  type ModelRun,
  readsOfModel,
  resultName,
  runBatch,
  runModel,
} from './run-model.ts'
export { type LoadProgress, openSnapshot, Snapshot, type SnapshotOptions, type StreamRequest } from './snapshot.ts'
export { type CacheEntry, readCheckCache, writeCheckCache } from './graph/check/check-cache.ts'
export { checkGraph } from './graph/check/check-graph.ts'
export type { CheckedGraph, CheckedModel, GraphColumn, GraphRelation } from './graph/check/checked-graph.ts'
export type { GraphModel } from './graph/model/model.ts'
export { readModels, type SeedFile } from './graph/model/read-models.ts'
export { neighboursOf } from './graph/select/neighbours.ts'
export { type ModelState, selectModels } from './graph/select/select-models.ts'
export { type Seed, seedRelations } from './graph/model/seed-relations.ts'
export { ENGINES, type ShardEngine } from './skew/placement.ts'
export { type KeyReport, skewOf, type SkewReport, type SkewRequest, type UseReport } from './skew/report.ts'
export { statementsFor } from './skew/statements.ts'
export { type KeyUse, usesOf } from './skew/uses.ts'
export { checkOrder, type OrderVerdict, type PlanNode } from './order/check-plan.ts'
export { duckdbPlan } from './order/duckdb-plan.ts'
export { obey, type Obeyed, type OrderedEngine } from './order/obey.ts'
export { postgresPlan } from './order/postgres-plan.ts'
export { GraphCatalog } from './graph/catalog/catalog.ts'
export type { RunRecord, Version } from './graph/catalog/version.ts'
export { openEnvironment } from './graph/run/open-environment.ts'
export { criticalPath } from './graph/run/critical-path.ts'
export type { RunPlan, Step } from './graph/run/plan-run.ts'
export { type GraphPlace, type GraphRunOutcome, planGraph, runGraph } from './graph/run/run-graph.ts'
export { explainOrders } from './graph/run/explain-order.ts'
