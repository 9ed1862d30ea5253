/** What the server is and how it is set; each setting that does not fit with the statement that mends it. */
import { MillraceError } from '@millrace/base'
import type { Dialect } from './binlog/event-type.ts'
import { isMalformed } from './binlog/malformed.ts'
import type { Connection } from './connect.ts'
import { MysqlSet } from './gtid/mysql-set.ts'
import type { ProgressState } from './progress-state.ts'

export interface ServerFacts {
  readonly dialect: Dialect
  readonly version: string
  /** Which server it is: its identifier where it has one, and its number. */
  readonly server: string
  readonly serverId: number
  readonly isChecked: boolean
  readonly variables: ReadonlyMap<string, string>
}

const VARIABLES = [
  'version',
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_row_value_options',
  'binlog_checksum',
  'binlog_expire_logs_seconds',
  'expire_logs_days',
  'gtid_mode',
  'gtid_executed',
  'gtid_purged',
  'gtid_binlog_pos',
  'innodb_native_foreign_keys',
  'lower_case_table_names',
  'explicit_defaults_for_timestamp',
  'server_id',
  'server_uuid',
  'server_uid',
]

export async function readFacts(control: Connection): Promise<ServerFacts> {
  const names = VARIABLES.map((name) => `'${name}'`).join(', ')
  const rows = await control.query<{ Variable_name: string; Value: string }>(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`)
  const variables = new Map(rows.map(({ Variable_name, Value }) => [Variable_name.toLowerCase(), Value]))
  const version = variables.get('version') ?? ''
  const serverId = Number(variables.get('server_id') ?? 0)
  return {
    dialect: /mariadb/i.test(version) ? 'mariadb' : 'mysql',
    version,
    server: `${variables.get('server_uuid') ?? variables.get('server_uid') ?? ''}/${serverId}`,
    serverId,
    isChecked: variables.get('binlog_checksum') !== 'NONE',
    variables,
  }
}

export interface SettingProblem {
  readonly setting: string
  readonly found: string
  readonly why: string
  readonly fix: string
}

/** What keeps the binlog from telling all changes exactly, in the order in which it is to be mended. */
export function settingProblems({ dialect, variables }: ServerFacts): SettingProblem[] {
  const problems: SettingProblem[] = []
  const found = (setting: string): string => variables.get(setting) ?? ''
  const want = (setting: string, isGood: boolean, rest: { why: string; fix: string }): void => {
    if (!isGood) problems.push({ setting, found: found(setting) || 'not there', ...rest })
  }
  want('log_bin', /^(ON|1)$/i.test(found('log_bin')), {
    why: 'so there is no binlog to read changes from',
    fix: 'write `log_bin` and a `server_id` into my.cnf, then restart the server',
  })
  want('binlog_format', found('binlog_format').toUpperCase() === 'ROW', {
    why: 'so changes may be logged as statements that do not tell the rows',
    fix: 'SET GLOBAL binlog_format = ROW;',
  })
  want('binlog_row_image', ['FULL', 'NOBLOB'].includes(found('binlog_row_image').toUpperCase()), {
    why: 'so new rows may come without the columns that took their defaults',
    fix: 'SET GLOBAL binlog_row_image = FULL;',
  })
  want('binlog_row_metadata', found('binlog_row_metadata').toUpperCase() === 'FULL', {
    why: 'so changes do not tell the names of their columns, and a change of the table could be misread',
    fix: 'SET GLOBAL binlog_row_metadata = FULL;',
  })
  if (dialect === 'mysql') {
    want('gtid_mode', found('gtid_mode').toUpperCase() === 'ON', {
      why: 'so its history cannot be resumed after a failover',
      fix: 'SET PERSIST enforce_gtid_consistency = ON; -- then gtid_mode = OFF_PERMISSIVE, ON_PERMISSIVE and ON, one after another',
    })
    want('binlog_row_value_options', found('binlog_row_value_options') === '', {
      why: 'so updates of JSON tell only parts of a value',
      fix: "SET GLOBAL binlog_row_value_options = '';",
    })
  }
  return problems
}

const MARIADB_MIN = [10, 6] as const
const MYSQL_MIN = [8, 0] as const

export function isOldServer({ dialect, version }: ServerFacts): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const [leastMajor, leastMinor] = dialect === 'mariadb' ? MARIADB_MIN : MYSQL_MIN
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}

export interface LogStatus {
  readonly file: string
  readonly position: number
  readonly onlyDatabases: string
  readonly ignoredDatabases: string
}

/** Where the server's binlog ends. MySQL 8.4 has another name for the question. */
export async function readLogStatus(control: Connection, { dialect, version }: ServerFacts): Promise<LogStatus> {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const isRenamed = dialect === 'mysql' && (major > 8 || (major === 8 && minor >= 2))
  const [row] = await control.query<Record<string, string | number>>(isRenamed ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS')
  return {
    file: String(row?.['File'] ?? ''),
    position: Number(row?.['Position'] ?? 0),
    onlyDatabases: String(row?.['Binlog_Do_DB'] ?? ''),
    ignoredDatabases: String(row?.['Binlog_Ignore_DB'] ?? ''),
  }
}

export async function checkServer(control: Connection, ownServerId: number): Promise<ServerFacts> {
  const facts = await readFacts(control)
  const { source, database } = control.address
  if (isOldServer(facts)) throw new MillraceError('SOURCE_MYSQL_VERSION', { details: { source, version: facts.version } })
  const [problem] = settingProblems(facts)
  if (problem !== undefined) throw new MillraceError('SOURCE_MYSQL_SETTING', { details: { source, ...problem } })
  if (ownServerId === facts.serverId)
    throw new MillraceError('CAPTURE_SERVER_ID_TAKEN', {
      details: { source, serverId: ownServerId, what: 'it is that of the server itself' },
    })
  if (facts.dialect === 'mysql') checkNoTags(source, facts)
  const status = await readLogStatus(control, facts)
  const filter = filterProblem(status, database)
  if (filter !== null) throw new MillraceError('SOURCE_MYSQL_SETTING', { details: { source, ...filter } })
  return facts
}

function checkNoTags(source: string, { variables }: ServerFacts): void {
  try {
    MysqlSet.parse(variables.get('gtid_executed') ?? '')
  } catch (cause) {
    if (!isMalformed(cause)) throw cause
    const what = `a set of GTIDs that is not known here (${cause.message}); MySQL 8.3 and later can be told to give tags`
    throw new MillraceError('CAPTURE_BINLOG_UNREADABLE', { cause, details: { source, place: 'gtid_executed', what } })
  }
}

export function filterProblem({ onlyDatabases, ignoredDatabases }: LogStatus, database: string): SettingProblem | null {
  const rest = { why: `so changes of ${database} may not be logged`, fix: 'take it out of my.cnf, then restart the server' }
  if (onlyDatabases !== '' && !onlyDatabases.split(',').includes(database))
    return { setting: 'binlog_do_db', found: onlyDatabases, ...rest }
  return ignoredDatabases.split(',').includes(database) ? { setting: 'binlog_ignore_db', found: ignoredDatabases, ...rest } : null
}

/** Whether MySQL still has all that comes after what we took, and has all that we took. MariaDB tells it when asked for the binlog. */
export function checkHistory(source: string, state: ProgressState, { dialect, variables }: ServerFacts): void {
  const lost = (what: string): MillraceError => new MillraceError('CAPTURE_BINLOG_LOST', { details: { source, gtid: state.gtid, what } })
  if (state.dialect !== dialect) throw lost(`it was ${state.dialect} and is ${dialect}`)
  if (dialect !== 'mysql') return
  const ours = MysqlSet.parse(state.gtid)
  if (!MysqlSet.parse(variables.get('gtid_executed') ?? '').includes(ours))
    throw lost('this server lacks transactions that were taken before')
  if (!ours.includes(MysqlSet.parse(variables.get('gtid_purged') ?? '')))
    throw lost('this server has purged transactions that were not taken yet')
}
