export {
  type Batch,
  BatchBuilder,
  type Change,
  changeAt,
  type ChangeOrigin,
  OPERATION,
  OPERATION_NAME,
  type OperationName,
} from './batch.ts'
export type {
  DeliveryConfig,
  EndpointConfig,
  GraphConfig,
  ModelConfig,
  ProjectConfig,
  ScheduleConfig,
  SourceConfig,
  StreamConfig,
  WebhookDelivery,
} from './config.ts'
export type {
  Append,
  Committed,
  ControlStatement,
  ControlValue,
  CutRange,
  CutSignal,
  LogReader,
  LogWriter,
  ReadOptions,
  ShownTail,
  SourceProgress,
  StateChange,
  StateSegment,
  StoredBatch,
  StreamDefinition,
  StreamExtent,
  StreamInfo,
  StreamKind,
  WriteSet,
} from './log.ts'
export { lateStream } from './late-stream.ts'
export { lateStreamOf, sameWatermark, type Watermark } from './watermark.ts'
export type { SecretReference } from './secret-reference.ts'
export { type Column, columnIndex, sameSchema, type Schema } from './schema.ts'
export type {
  ColumnFormat,
  ColumnFormats,
  Compression,
  CsvControlRecord,
  CsvFormat,
  DateFormat,
  FileFormat,
  FixedField,
  FixedWidthFormat,
  JsonLinesFormat,
  ParquetFormat,
  RecordLayout,
  TotalFormat,
  TypeName,
} from './source/file-format.ts'
export type { AgentColumn, AgentSource, AgentStream, AgentTeam } from './source/agent-source.ts'
export type { BucketCredentials, FilesSource, FileStream, NoticeQueue } from './source/files-source.ts'
export type { JsonLogFormat, LineLogFormat, LogFormat, LogMultiline, LogsSource, PatternLogFormat } from './source/logs-source.ts'
export type { MysqlSource } from './source/mysql-source.ts'
export type { EngineConfig, PostgresEngineConfig } from './engine-config.ts'
export type { ColumnMask, PostgresColumns, PostgresSource } from './source/postgres-source.ts'
export type { Stage, StageObservation, StagePhase } from './stage.ts'
export {
  type EnumType,
  type Field,
  entriesOf,
  isNested,
  isWhole,
  type Layout,
  layoutOf,
  type ListType,
  type MapType,
  type NestedType,
  type PlainKind,
  sameType,
  sqlNameOf,
  type Type,
  type TypeKind,
} from './type.ts'
export { type Interval, intervalFromText, intervalToText } from './interval.ts'
export { innerText, innerValues, listText, structText } from './nested-value.ts'
export {
  civilFromDays,
  DATE_INFINITY,
  daysFromCivil,
  decimalToText,
  type JsonValue,
  TIMESTAMP_INFINITY,
  type Value,
  valueToJson,
  valueToText,
  wholeNumber,
} from './value.ts'
export { valueFromJson } from './value-from-json.ts'
export { CELL, cellAt, valueAt, type Vector, VectorBuilder, vectorLength, vectorOf } from './vector.ts'
export {
  chosenText,
  columnOfPacked,
  columnOfText,
  joinedText,
  type PackedText,
  packedTextOf,
  vectorOfPacked,
  vectorOfText,
} from './packed-text.ts'
export { decodeBatch, decodeVectors, encodeBatch, encodeVectors } from './codec/batch-codec.ts'
export { changesWritten } from './written.ts'
export { chooseChanges } from './choose-changes.ts'
export { sliceBatch } from './slice-batch.ts'
export { PLAIN_KINDS, typeFromName, typeNameOf } from './type-name.ts'
export type { SourceCopy } from './source-copy.ts'
