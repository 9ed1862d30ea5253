import { type Mariadb, startMariadb } from '@millrace/testing'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, Run } from './testing/run-cli.ts'

let mariadb: Mariadb
const place = makeProject({ 'full/kept.txt': 'kept' })

beforeAll(async () => {
  mariadb = await startMariadb()
  await mariadb.query(`
    create database shop character set utf8mb4 collate utf8mb4_general_ci;
    create database finance character set utf8mb4 collate utf8mb4_general_ci;
    use shop;
    create table orders (id int primary key, total decimal(10,2) not null, country char(2) not null, at date not null);
    insert into orders values (1, 10.50, 'DE', '2024-01-31'), (2, 4.00, 'AT', '2024-02-01'), (3, 2.25, 'DE', '2024-02-02');
    create table finance.rates (country char(2) primary key, percent decimal(6,3) not null) comment 'by law';
    insert into finance.rates values ('DE', 19.000), ('AT', 20.000);
    create view nets as select o.id, o.country, round(o.total / (1 + r.percent / 100), 2) as net from orders o join finance.rates r on r.country = o.country;
    create view finance.country_nets as select country, sum(net) as net, avg(net) as mean from shop.nets group by country;
    create view odd as select id, rand() as r from orders;
    create view odder as select id from odd;
    create user reader@'127.0.0.1' identified by 'r'; grant select on shop.* to reader@'127.0.0.1'`)
})

afterAll(async () => {
  await mariadb.stop()
  place.remove()
})

const run = async (...words: string[]): Promise<Finished> => new Run(words, { folder: place.folder }).finished
const fileOf = (path: string): string => readFileSync(join(place.folder, path), 'utf8')

test('a tree of views of MariaDB becomes a project that runs and has the same rows', async () => {
  const imported = await run('import', mariadb.urlFor({ database: 'shop' }), '--into', 'whole', '--snapshot', '--json')
  const report = JSON.parse(imported.stdout) as {
    translated: number
    views: number
    rows: number
    refused: readonly { view: string }[]
    waiting: readonly string[]
  }
  expect(report).toMatchObject({ views: 4, translated: 3, rows: 5, waiting: ['shop.odder'] })
  expect(report.refused.map(({ view }) => view)).toEqual(['shop.odd'])
  expect(fileOf('whole/models/shop/shop.odd.sql')).toContain('@disabled RAND()')
  const folder = join(place.folder, 'whole')
  const made = await new Run(['run', '--json'], { folder }).finished
  expect(made.code, made.stdout + made.stderr).toBe(0)
  const shown = await new Run(
    ['query', 'select country, net, mean from finance.country_nets order by country', '--env', 'prod', '--json'],
    { folder },
  ).finished
  const legacy = await mariadb.query('select country, net, mean from finance.country_nets order by country')
  for (const { country, net, mean } of legacy) {
    expect(shown.stdout + shown.stderr).toContain(String(country))
    expect(shown.stdout + shown.stderr).toContain(String(net))
    expect(shown.stdout + shown.stderr).toContain(String(mean))
  }
}, 120_000)

test('without a snapshot, each database that the views read is a source', async () => {
  const imported = await run('import', mariadb.urlFor({ database: 'shop' }), '--into', 'live', '--json')
  expect(imported.code).toBe(3)
  const config = fileOf('live/millrace.config.ts')
  expect(config).toContain("shop: mysql({\n      url: env('SHOP_URL'),\n      tables: ['orders'],")
  expect(config).toContain("finance: mysql({\n      url: env('FINANCE_URL'),\n      tables: ['rates'],")
  const checked = await new Run(['check', '--json'], {
    folder: join(place.folder, 'live'),
    environment: { SHOP_URL: mariadb.urlFor({ database: 'shop' }), FINANCE_URL: mariadb.urlFor({ database: 'finance' }) },
  }).finished
  expect(checked.code, checked.stdout + checked.stderr).toBe(0)
}, 120_000)

test('a view whose text the user may not read is refused and says which right is missing', async () => {
  const url = mariadb.urlFor({ user: 'reader', password: 'r', database: 'shop' })
  const report = JSON.parse((await run('import', url, '--into', 'reader', '--json')).stdout) as { refused: readonly { reason: string }[] }
  expect(report.refused.map(({ reason }) => reason).join()).toContain('GRANT SHOW VIEW')
  expect(existsSync(join(place.folder, 'reader/import.json'))).toBe(true)
})
