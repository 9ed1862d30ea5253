export { bindModels, type BindRequest, type BindResult, type BoundModel } from './bind-models.ts'
export { compilePredicate, compileProjection, type Predicate, type Projection } from './compile/compile.ts'
export { EvaluationFailure } from './compile/evaluation-failure.ts'
export { type Lane, laneFrom, laneOf, type LaneValues, laneValueAt, laneValues } from './compile/lane.ts'
export { layoutOfExpression } from './compile/kernel-writer.ts'
export { compareText } from './compile/order.ts'
export { isOrderedAsItLies } from './compile/check-types.ts'
export { createTables, createTableStatement, type TableDefinition } from './create-tables.ts'
export { type ExpressionType, typeOfDuckdb } from './duckdb-type.ts'
export { columnReference } from './expression/column-reference.ts'
export { allOf, conditionsOf } from './expression/conjunction.ts'
export { columnsOf, type Expression, rewrite } from './expression/expression.ts'
export { quoteIdentifier, quoteLiteral, relationAddress, type RelationAddress, relationName } from './identifier.ts'
export {
  type Aggregate,
  type AggregateCall,
  type AggregateFunction,
  callWith,
  expressionsOfCall,
  type QuantileFraction,
} from './plan/aggregate.ts'
export { type Asof, asofWith, expressionsOfAsof } from './plan/asof.ts'
export { type Bag } from './plan/bag.ts'
export type { Distinct } from './plan/distinct.ts'
export { filter, type Filter } from './plan/filter.ts'
export { join, type Join, type JoinKey, type JoinKind } from './plan/join.ts'
export { type Plan, planInputs, withPlanInputs } from './plan/plan.ts'
export { oncePerPlan, partsOf, relationsOf } from './plan/plan-parts.ts'
export { keepColumns, project, type Project } from './plan/project.ts'
export { isWorking, type Recursion, workingColumn } from './plan/recursion.ts'
export type { Rows } from './plan/rows.ts'
export type { Scan } from './plan/scan.ts'
export type { SortKey } from './plan/sort-key.ts'
export { expressionsOfTop, type Top, top, topWith } from './plan/top.ts'
export type { Union } from './plan/union.ts'
export {
  expressionsOfWindow,
  expressionsOfWindowCall,
  type Frame,
  type FrameBound,
  type Window,
  type WindowCall,
  windowWith,
} from './plan/window.ts'
export { expressionsOfList, listWith, type Unnest, type UnnestedList, unnest } from './plan/unnest.ts'
export { addInterval } from './compile/civil-time.ts'
export { openPlanner, type PlannedStatement, Planner } from './planner.ts'
export { valueSql } from './print-sql.ts'
export { splitConditions } from './read-join.ts'
export { fileOf, type ModelSource, sqlError, type SqlProblem, whereIs } from './sql-error.ts'
export { type SqlPlace, sqlFrame } from './sql-place.ts'
export { EVALUATION_SETTINGS } from './evaluation-settings.ts'
export { readDuckdbValue, toDuckdbValue } from './duckdb-value.ts'
export { tiesOf } from './ties.ts'
export { identityOf, uniqueKeyOf } from './unique-key.ts'
