import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mysql } from '../../config/define.ts'
import { validateConfig } from '../../config/validate-config.ts'
import { kindOf } from './source-kinds.ts'
import type { SourcePlace } from './source-kind.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

test('a source of MariaDB that a project names is checked, discovered and examined by its kind', async () => {
  await mariadb.query(
    'create database shop; create table shop.item (id int primary key, note text); create table shop.hidden (id int primary key)',
  )
  const config = mysql({ url: mariadb.urlFor({ database: 'shop' }), exclude: ['hidden'], generation: 2, whenLost: 'rebuild' })
  expect(validateConfig({ name: 'p', sources: { shop: config } }, 'millrace.config.ts').sources).toEqual({ shop: config })
  expect(() => validateConfig({ name: 'p', sources: { shop: { ...config, serverID: 5 } } }, 'c')).toThrow(/serverId/)
  const place = { project: 'p', name: 'shop', config, folder: '.' } as unknown as SourcePlace<typeof config>
  const kind = kindOf(config)
  expect(kind.label).toBe('MySQL or MariaDB')
  expect((await kind.discover(place)).map(({ name, schema }) => [name, schema.key])).toEqual([['shop.item', [0]]])
  const findings = await kind.examine(place)
  expect(findings.filter(({ ok }) => !ok)).toEqual([])
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['connection', 'version', 'binlog_format', 'privileges', 'retention', 'tables']),
  )
})
