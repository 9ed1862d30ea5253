export { createTables, createTableStatement, type TableDefinition } from './create-tables.ts'
export { quoteIdentifier, quoteLiteral, relationAddress, type RelationAddress, relationName } from './identifier.ts'
export { openPlanner, type PlannedStatement, Planner } from './planner.ts'
