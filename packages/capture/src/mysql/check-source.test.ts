import { expect, test } from 'vitest'
import { checkHistory, checkServer, filterProblem, isOldServer, type ServerFacts, settingProblems } from './check-source.ts'
import type { Connection } from './connect.ts'
import type { ProgressState } from './progress-state.ts'
import { errnoOf, sourceError } from './source-error.ts'

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const MYSQL = {
  version: '8.0.36',
  log_bin: 'ON',
  binlog_format: 'ROW',
  binlog_row_image: 'FULL',
  binlog_row_metadata: 'FULL',
  gtid_mode: 'ON',
  binlog_row_value_options: '',
  gtid_executed: `${UUID}:1-100`,
  gtid_purged: `${UUID}:1-50`,
  server_id: '1',
  server_uuid: UUID,
}

function facts(variables: Readonly<Record<string, string>>): ServerFacts {
  const all = new Map(Object.entries({ ...MYSQL, ...variables }))
  return { dialect: 'mysql', version: all.get('version') ?? '', server: UUID, serverId: 1, isChecked: true, variables: all }
}

const state: ProgressState = {
  dialect: 'mysql',
  server: UUID,
  generation: 1,
  gtid: `${UUID}:1-60`,
  file: 'b.1',
  position: 4,
  before: '',
  proof: '',
  tables: [],
  passed: [],
  stopped: {},
  prepared: [],
}

test('each setting of MySQL that loses changes is named with the statement that mends it', () => {
  expect(settingProblems(facts({}))).toEqual([])
  const wrong = {
    log_bin: 'OFF',
    binlog_format: 'STATEMENT',
    binlog_row_image: 'MINIMAL',
    binlog_row_metadata: 'MINIMAL',
    gtid_mode: 'OFF',
    binlog_row_value_options: 'PARTIAL_JSON',
  }
  expect(settingProblems(facts(wrong)).map(({ setting, found }) => [setting, found])).toEqual(Object.entries(wrong))
  expect(settingProblems(facts({ binlog_row_image: 'NOBLOB' }))).toEqual([])
})

test('what MySQL has purged, or never had, is a loss that is told', () => {
  expect(() => checkHistory('shop', state, facts({}))).not.toThrow()
  const lost = expect.objectContaining({ code: 'CAPTURE_BINLOG_LOST', hint: expect.stringContaining('generation') })
  expect(() => checkHistory('shop', state, facts({ gtid_purged: `${UUID}:1-61` }))).toThrow(lost)
  expect(() => checkHistory('shop', state, facts({ gtid_executed: `${UUID}:1-59` }))).toThrow(lost)
  expect(() => checkHistory('shop', { ...state, dialect: 'mariadb' }, facts({}))).toThrow(lost)
})

test.each([
  ['8.0.11', 'mysql', false],
  ['5.7.44-log', 'mysql', true],
  ['10.6.1-MariaDB', 'mariadb', false],
  ['10.5.29-MariaDB-log', 'mariadb', true],
  ['11.4.2-MariaDB', 'mariadb', false],
] as const)('version %s of %s is too old: %s', async (version, dialect, isOld) => {
  expect(isOldServer({ ...facts({}), dialect, version })).toBe(isOld)
  const rows = [{ Variable_name: 'version', Value: version }]
  const control = { address: { source: 'shop', host: 'h', user: 'u', database: 'd' }, query: async () => rows } as unknown as Connection
  const error: unknown = await checkServer(control, 5).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: isOld ? 'SOURCE_MYSQL_VERSION' : 'SOURCE_MYSQL_SETTING' })
})

test('GTIDs with tags are refused before anything is read', async () => {
  const variables = { ...MYSQL, gtid_executed: `${UUID}:1-5:tag_a:1` }
  const rows = Object.entries(variables).map(([name, value]) => ({ Variable_name: name, Value: value }))
  const control = { address: { source: 'shop', host: 'h', user: 'u', database: 'd' }, query: async () => rows } as unknown as Connection
  await expect(checkServer(control, 5)).rejects.toMatchObject({ code: 'CAPTURE_BINLOG_UNREADABLE' })
})

test('a binlog that leaves our database out is refused', () => {
  const status = { file: 'b.1', position: 4, onlyDatabases: '', ignoredDatabases: '' }
  expect(filterProblem(status, 'shop')).toBeNull()
  expect(filterProblem({ ...status, onlyDatabases: 'a,b' }, 'shop')).toMatchObject({ setting: 'binlog_do_db' })
  expect(filterProblem({ ...status, ignoredDatabases: 'a,shop' }, 'shop')).toMatchObject({ setting: 'binlog_ignore_db' })
})

test.each([
  [1045, 'connecting', 'SOURCE_MYSQL_AUTHENTICATION'],
  [1049, 'connecting', 'SOURCE_DATABASE_MISSING'],
  [1040, 'connecting', 'SOURCE_UNREACHABLE'],
  [1227, 'connected', 'SOURCE_PERMISSION'],
  [1927, 'connected', 'CAPTURE_CONNECTION_LOST'],
  [1205, 'connected', 'SOURCE_FAILED'],
] as const)("the server's error %i while %s is %s", (errno, phase, code) => {
  const error = Object.assign(new Error('said'), { errno })
  expect(errnoOf(error)).toBe(errno)
  expect(sourceError(error, { source: 'shop', host: 'h:3306', user: 'u', database: 'd' }, phase)).toMatchObject({ code, cause: error })
})
