export { discoverFiles } from './files/discover-files.ts'
export { FilesCapture, type FilesCaptureOptions } from './files/files-capture.ts'
export { inspectFiles } from './files/inspect-files.ts'
export { declaredSchemas, readRecords } from './files/format/read-records.ts'
export type { BadRecord, ControlTotal, FileEnd, ReadOrder, RecordPart, RecordParts, RecordSchema } from './files/format/record-reader.ts'
export { discoverLogs } from './logs/discover-logs.ts'
export { inspectLogs } from './logs/inspect-logs.ts'
export { LogsCapture, type LogsCaptureOptions } from './logs/logs-capture.ts'
export {
  AgentCapture,
  type AgentCaptureOptions,
  type AgentIntake,
  type AgentListener,
  type BatchAccepted,
  type SchemaPage,
} from './agent/agent-capture.ts'
export { type AgentPlace, discoverAgentStreams } from './agent/declared-stream.ts'
export type { AgentBatch } from './agent/intake.ts'
export { discoverMysql } from './mysql/discover-mysql.ts'
export { inspectMysql } from './mysql/inspect-mysql.ts'
export { MysqlCapture, type MysqlCaptureOptions } from './mysql/mysql-capture.ts'
export { connect as connectMysql, type Connection as MysqlConnection, quoteName as quoteMysqlName } from './mysql/connect.ts'
export { type Ceiling, type CeilingOptions, streamCeiling } from './postgres/stream-ceiling.ts'
export { connect as connectPostgres, type Connection as PostgresConnection, type SourceTarget } from './postgres/connect.ts'
export { sourceError as postgresError } from './postgres/source-error.ts'
export type { IndexAdvice } from './postgres/advise/advice.ts'
export { adviseIndexes } from './postgres/advise/advise-indexes.ts'
export { discoverTables } from './postgres/discover-tables.ts'
export { dropCapture } from './postgres/drop-capture.ts'
export { type Finding, inspectPostgres } from './postgres/inspect-postgres.ts'
export { PostgresCapture, type PostgresCaptureOptions, publicationOf, slotOf, type SourceNames } from './postgres/postgres-capture.ts'
export type { KeptRecord, ParkedRecord, ParkedRow, ParkedStatus } from './parking/parked-record.ts'
export type { Parking } from './parking/parking.ts'
export { countParked, findParked, listParked, type ParkedCount, type ParkedFilter } from './parking/list-parked.ts'
export { openParking, type ParkingLot, type ParkingOptions, type Replayed } from './parking/parking-lot.ts'
export { openTableCopy, type TableCopyOptions } from './postgres/copy/open-table-copy.ts'
export type { ParkedTable } from './stopped/parked-table.ts'
export { acceptTable, type AcceptOptions, parkedTables } from './stopped/parked-tables.ts'
