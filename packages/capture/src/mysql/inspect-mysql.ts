/** Looks at a source as `millrace doctor` does: every finding at once, each with the SQL that mends it. */
import { describeError, MillraceError } from '@millrace/base'
import { areCascadesLogged, readCascades } from './catalog/read-cascades.ts'
import { readTables } from './catalog/read-tables.ts'
import { nameCaseOf } from './name-case.ts'
import { readCharsets } from './cell/charset.ts'
import { filterProblem, isOldServer, readFacts, readLogStatus, type ServerFacts, settingProblems } from './check-source.ts'
import { connect, type Connection } from './connect.ts'
import { serverIdOf, type SourceNames } from './server-id.ts'
import { grants } from './source-error.ts'

export interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  /** The statement that mends it. */
  readonly fix?: string
}

/** Shorter, and an outage over a weekend loses the place. */
const RETENTION_S_MIN = 3 * 86_400
const SECONDS_A_DAY = 86_400
const CHECKED = ['log_bin', 'binlog_format', 'binlog_row_image', 'binlog_row_metadata', 'gtid_mode', 'binlog_row_value_options']

export async function inspectMysql(names: SourceNames): Promise<Finding[]> {
  const findings: Finding[] = []
  const add = (finding: Finding): void => {
    const { fix, ...rest } = finding
    findings.push(finding.ok || fix === undefined ? rest : { ...rest, fix })
  }
  await inspect(add, 'connection', async () => {
    const control = await connect(names)
    try {
      const { user, host, database } = control.address
      add({ check: 'connection', ok: true, detail: `${user} at ${host}, database ${database}` })
      const facts = await readFacts(control)
      inspectServer(add, facts, serverIdOf(names))
      await inspect(add, 'privileges', () => inspectPrivileges(add, control))
      await inspect(add, 'binlog', () => inspectLog(add, control, facts))
      await inspect(add, 'tables', () => inspectTables(add, names, { control, facts }))
    } finally {
      control.close()
    }
  })
  return findings
}

type Add = (finding: Finding) => void

/** A check that cannot be made is a finding, and the others go on. */
async function inspect(add: Add, check: string, look: () => Promise<void>): Promise<void> {
  try {
    await look()
  } catch (error) {
    const fix = error instanceof MillraceError ? { fix: error.hint } : {}
    add({ check, ok: false, detail: describeError(error), ...fix })
  }
}

function inspectServer(add: Add, facts: ServerFacts, serverId: number): void {
  const { dialect, version, variables } = facts
  add({
    check: 'version',
    ok: !isOldServer(facts),
    detail: `${dialect === 'mariadb' ? 'MariaDB' : 'MySQL'} ${version}`,
    fix: 'Upgrade to MariaDB 10.6 or MySQL 8.0, or later.',
  })
  const problems = settingProblems(facts)
  for (const setting of CHECKED) {
    const problem = problems.find((candidate) => candidate.setting === setting)
    if (problem !== undefined) add({ check: setting, ok: false, detail: `${problem.found}, ${problem.why}`, fix: problem.fix })
    else if (variables.get(setting) !== undefined) add({ check: setting, ok: true, detail: variables.get(setting) ?? '' })
  }
  add({
    check: 'server id',
    ok: serverId !== facts.serverId,
    detail: `${serverId}; the server's own is ${facts.serverId}`,
    fix: 'Set another `serverId` for this source in millrace.config.ts.',
  })
  const seconds = Number(variables.get('binlog_expire_logs_seconds') ?? 0) || Number(variables.get('expire_logs_days') ?? 0) * SECONDS_A_DAY
  add({
    check: 'retention',
    ok: seconds === 0 || seconds >= RETENTION_S_MIN,
    detail:
      seconds === 0
        ? 'the binlog is kept until it is purged by hand'
        : `the binlog is kept for ${(seconds / SECONDS_A_DAY).toFixed(1)} days`,
    fix: `SET GLOBAL binlog_expire_logs_seconds = ${7 * SECONDS_A_DAY};`,
  })
}

async function inspectPrivileges(add: Add, control: Connection): Promise<void> {
  const rows = await control.query('SHOW GRANTS FOR CURRENT_USER()')
  const text = rows.map((row) => String(Object.values(row)[0])).join('\n')
  const has = (pattern: RegExp): boolean => /GRANT ALL PRIVILEGES ON \*\.\*/.test(text) || pattern.test(text)
  const { user, database } = control.address
  const missing = [
    ...(has(/REPLICATION SLAVE\b/) ? [] : ['REPLICATION SLAVE']),
    ...(has(/REPLICATION CLIENT|BINLOG MONITOR/) ? [] : ['REPLICATION CLIENT']),
  ]
  add({
    check: 'privileges',
    ok: missing.length === 0,
    detail: missing.length === 0 ? `${user} may read the binlog` : `${user} lacks ${missing.join(' and ')}`,
    fix: grants(user, database),
  })
}

async function inspectLog(add: Add, control: Connection, facts: ServerFacts): Promise<void> {
  const status = await readLogStatus(control, facts)
  const problem = filterProblem(status, control.address.database)
  add({
    check: 'binlog',
    ok: problem === null && status.file !== '',
    detail: problem === null ? `${status.file}, position ${status.position}` : `${problem.setting} = ${problem.found}, ${problem.why}`,
    fix: problem?.fix ?? 'write `log_bin` into my.cnf, then restart the server',
  })
}

async function inspectTables(add: Add, names: SourceNames, { control, facts }: { control: Connection; facts: ServerFacts }): Promise<void> {
  const charsets = await readCharsets(control.query)
  const { tables } = await readTables(control, { source: names.name, config: names.config, charsets, zeros: { count: 0 } })
  const keyless = tables.filter(({ schema }) => schema.key.length === 0).map(({ name }) => name)
  add({
    check: 'tables',
    ok: tables.length > 0,
    detail: `${tables.length} tables${keyless.length === 0 ? '' : `; without a primary key: ${keyless.join(', ')}`}`,
    fix: `Create a table, name some in \`tables\`, or: ${grants(control.address.user, control.address.database)}`,
  })
  if (areCascadesLogged(facts.variables)) return
  const cascades = await readCascades(
    control,
    tables.map(({ name }) => name),
    nameCaseOf(facts),
  )
  add({
    check: 'foreign keys',
    ok: cascades.length === 0,
    detail:
      cascades.length === 0
        ? 'none changes rows without an event'
        : `rows change with those of another table, which the binlog does not tell: ${cascades.map(({ child, parent }) => `${child} with ${parent}`).join(', ')}`,
    fix: 'Let the foreign key RESTRICT, and have the application or a trigger change these rows; else such a table stops at the first change that reaches it.',
  })
}
