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
export { ENGINES, type ShardEngine } from './skew/placement.ts'
export { type KeyReport, skewOf, type SkewReport, type SkewRequest, type UseReport } from './skew/report.ts'
export { UNEVEN } from './skew/shard-loads.ts'
export { statementsFor } from './skew/statements.ts'
export { type KeyUse, usesOf } from './skew/uses.ts'
export type { GraphKey, GraphSkew, GraphUse, LeftOutWhy } from './graph/skew/graph-skew.ts'
export { skewOfGraph } from './graph/skew/skew-of-graph.ts'
export { type PublishedSkew, skewOfPublished } from './graph/skew/skew-of-published.ts'
export { checkOrder, type OrderVerdict, type PlanNode } from './order/check-plan.ts'
export { duckdbPlan } from './order/duckdb-plan.ts'
export { obey, type Obeyed, type OrderedEngine } from './order/obey.ts'
export { postgresPlan } from './order/postgres-plan.ts'
