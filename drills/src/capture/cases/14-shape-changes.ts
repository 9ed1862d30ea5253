import { assert } from '@millrace/base'
import { acceptTable, parkedTables } from '@millrace/capture'
import { Rig, untilSame } from '@millrace/capture/rig'
import type { CaseGround, DrillCase } from '../drill-case.ts'

const TABLES = `create type mood as enum ('sad', 'glad');
  create table a (id int primary key, n int, note text, m mood, k int not null default 1);
  insert into a select i, i, 'row ' || i, 'sad', 1 from generate_series(1, 20) i;
  create table beside (id int primary key)`

const WRITES_BEFORE = 'update a set n = n + 1 where id = 3; insert into a (id, n) values (30, 30)'
const WRITES_AFTER = 'update a set id = id + 100 where id = 5; delete from a where id = 6; insert into a (id) values (60), (61)'

interface Variant {
  readonly name: string
  readonly statements: readonly string[]
  /** Its stream may not go on before a person has accepted the table. */
  readonly parks: boolean
  readonly tables?: string
}

const VARIANTS: readonly Variant[] = [
  { name: 'a column is added', statements: ['alter table a add column more int'], parks: false },
  {
    name: 'a column is added whose default fills the rows that are there',
    statements: ["alter table a add column more text not null default 'x'"],
    parks: false,
  },
  {
    name: 'a column is added within a transaction, between its writes',
    statements: [
      'begin; insert into a (id) values (40); alter table a add column more int default 5; update a set more = 6 where id = 40; commit',
    ],
    parks: false,
  },
  { name: 'a column is removed', statements: ['alter table a drop column note'], parks: true },
  { name: 'a column is renamed', statements: ['alter table a rename column note to remark'], parks: true },
  { name: 'a type is changed', statements: ['alter table a alter column n type text'], parks: true },
  {
    name: 'a number becomes wider, with other values',
    statements: ['alter table a alter column n type bigint using n * 10000000000'],
    parks: false,
  },
  {
    name: 'rows are rewritten under the same type',
    statements: ['alter table a alter column note type varchar(30) using upper(note)'],
    parks: false,
  },
  { name: 'the key is changed', statements: ['alter table a drop constraint a_pkey, add primary key (id, k)'], parks: true },
  { name: 'the replica identity becomes FULL', statements: ['alter table a replica identity full'], parks: false },
  {
    name: 'an enum gets a value and another is renamed',
    statements: ["alter type mood add value 'mad' before 'glad'", "alter type mood rename value 'sad' to 'blue'"],
    parks: false,
  },
  {
    name: 'the table is dropped and made anew',
    statements: [
      'begin; drop table a; create table a (id int primary key, n int, note text, m mood, k int not null default 1); insert into a values (5, 5), (6, 6); commit',
    ],
    parks: false,
  },
  {
    name: 'the table is renamed and another takes its name',
    statements: [
      'begin; alter table a rename to old; create table a (like old including all); insert into a select * from old where id < 9; drop table old; commit',
    ],
    parks: false,
  },
  {
    name: 'a partition with rows is attached, and another detached',
    tables: `create table a (id int primary key, n int) partition by range (id); create table a0 partition of a for values from (0) to (10);
      create table a1 partition of a for values from (10) to (1000); insert into a values (1, 1), (3, 3), (5, 5), (6, 6); create table beside (id int primary key)`,
    statements: [
      'create table a2 (id int primary key, n int)',
      'insert into a2 values (2001, 1)',
      'alter table a attach partition a2 for values from (2000) to (3000)',
      'create table a3 partition of a for values from (3000) to (4000)',
      'insert into a values (3001, 1)',
    ],
    parks: false,
  },
]

/** What is done to a table between its writes and their reading. */
export const shapeChanges: readonly DrillCase[] = [
  ...VARIANTS.flatMap((variant) => [false, true].map((isStopped): DrillCase => drillOf(variant, isStopped))),
  {
    number: 14,
    name: 'a table leaves the publication: its stream stops and says so, and accepted it has every row',
    needs: 'postgres',
    run: leavesPublication,
  },
]

function drillOf(variant: Variant, isStopped: boolean): DrillCase {
  const end = variant.parks
    ? 'the table alone is parked, and accepted it is what a fresh snapshot would be'
    : 'the stream is what a fresh snapshot would be'
  return {
    number: 14,
    name: `${variant.name}${isStopped ? ' while capture is stopped' : ''}: ${end}`,
    needs: 'postgres',
    run: (ground) => run(ground, variant, isStopped),
  }
}

async function run(
  { postgres }: CaseGround,
  { statements, parks, tables = TABLES }: Variant,
  isStopped: boolean,
): Promise<Record<string, string | number | boolean>> {
  const rig = await Rig.open(postgres, tables)
  try {
    await rig.start()
    await untilSame(rig, 'a')
    await rig.sql(WRITES_BEFORE)
    if (isStopped) await rig.stop()
    for (const statement of statements) await rig.sql(statement)
    await rig.sql(WRITES_AFTER)
    await rig.sql('insert into beside values (1)')
    if (isStopped) await rig.start()
    await untilSame(rig, 'beside')
    const isParked = await parksOrFlows(rig, parks)
    const why = parkedTables(rig.reader, 'shop').map(({ what }) => what)
    assert(isParked === parks, `the table is ${parks ? '' : 'not '}parked (${why.join('; ')})`)
    if (parks) {
      assert(
        rig.observation.phase === 'running' && rig.observation.error?.code === 'CAPTURE_TABLE_PARKED',
        'the source flows on and says what is parked',
      )
      await acceptTable({ writer: rig.store, reader: rig.reader, source: 'shop', stream: 'shop.a' })
    }
    await untilSame(rig, 'a')
    await rig.sql('delete from a where id = 60; insert into a (id, n) values (62, 1)')
    await untilSame(rig, 'a')
    return { parked: isParked, changes: rig.changes('shop.a').length }
  } finally {
    await rig.close()
  }
}

async function parksOrFlows(rig: Rig, parks: boolean): Promise<boolean> {
  if (parks) await rig.until(() => parkedTables(rig.reader, 'shop').length === 1)
  else await untilSame(rig, 'a')
  return parkedTables(rig.reader, 'shop').length === 1
}

async function leavesPublication({ postgres }: CaseGround): Promise<Record<string, string | number | boolean>> {
  const rig = await Rig.open(postgres, TABLES)
  try {
    await rig.start()
    await untilSame(rig, 'a')
    await rig.sql(`alter publication ${rig.slot} drop table a`)
    await rig.sql(WRITES_AFTER)
    await rig.until(() => parkedTables(rig.reader, 'shop').length === 1)
    await rig.sql('insert into beside values (1)')
    await untilSame(rig, 'beside')
    await acceptTable({ writer: rig.store, reader: rig.reader, source: 'shop', stream: 'shop.a' })
    await untilSame(rig, 'a')
    return { parked: true, changes: rig.changes('shop.a').length }
  } finally {
    await rig.close()
  }
}
