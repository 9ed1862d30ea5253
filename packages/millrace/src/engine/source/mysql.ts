import { discoverMysql, inspectMysql, MysqlCapture } from '@millrace/capture'
import type { MysqlSource } from '@millrace/core'
import type { SourceKind } from './source-kind.ts'

export const mysqlKind: SourceKind<MysqlSource> = {
  label: 'MySQL or MariaDB',
  discover: discoverMysql,
  stage: (context) => new MysqlCapture(context),
  examine: inspectMysql,
}
