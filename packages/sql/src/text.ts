/**
 * What SQL is as text: names, literals, places and what is said of them. Apart from the rest, so that what
 * only reads a project loads neither DuckDB nor the compiler.
 */
export { EVALUATION_SETTINGS } from './evaluation-settings.ts'
export { quoteIdentifier, quoteLiteral, relationAddress, type RelationAddress, relationName } from './identifier.ts'
export { missingRelation } from './missing-relation.ts'
export { fileOf, type ModelSource, sqlError, type SqlProblem, whereIs } from './sql-error.ts'
export { type SqlPlace, sqlFrame } from './sql-place.ts'
