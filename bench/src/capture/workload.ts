/**
 * A stream of about 250 bytes a change, of which half insert, a third update and the rest delete, in
 * transactions from one change to ten thousand. The server makes it by itself, so that it takes seconds.
 */
import type { Postgres } from '@millrace/testing'

export const TABLE = 'payments'

/** Transactions of one round through all sizes; the changes of each size are a like share, but for the smallest. */
const MIX = [
  { size: 10_000, times: 1 },
  { size: 1000, times: 5 },
  { size: 100, times: 40 },
  { size: 10, times: 200 },
  { size: 1, times: 500 },
] as const
const CYCLE_CHANGES = MIX.reduce((sum, { size, times }) => sum + size * times, 0)

const SCHEMA = `
  create table ${TABLE} (
    id bigint primary key, account integer not null, status text not null, amount numeric(12,2) not null,
    fee double precision, settled boolean not null, created_at timestamptz not null, reference uuid not null, note text
  );
  create sequence payment_ids;
  -- The oldest that is there, minus one: asking the index would step over all that were deleted.
  create sequence payments_gone minvalue 0 start 0;
  create function payment(first bigint, last bigint) returns setof ${TABLE} language sql as $$
    select id, (id % 5000)::integer, (array['open', 'paid', 'failed', 'refunded'])[1 + id % 4], (id % 1000000) / 100.0, (id % 97) / 8.0,
      id % 3 = 0, timestamptz '2026-01-01' + id * interval '1.000001 second', md5(id::text)::uuid,
      case when id % 10 > 0 then repeat(md5((id + 1)::text), 3) end
    from generate_series(first, last) as id
  $$;
  -- One transaction: the newest half is inserted, older rows change, the oldest go.
  create procedure change_payments(size integer, times integer, inout made bigint) language plpgsql as $$
  declare
    inserts integer := greatest(1, size / 2); updates integer := size * 35 / 100; deletes integer := size - inserts - updates; newest bigint; oldest bigint; hit bigint;
  begin
    for turn in 1..times loop
      newest := (select last_value from payment_ids);
      perform setval('payment_ids', newest + inserts);
      insert into ${TABLE} select * from payment(newest + 1, newest + inserts);
      made := made + inserts;
      if updates > 0 then
        update ${TABLE} set status = 'paid', settled = not settled, fee = coalesce(fee, 0) + 1 where id > newest - updates and id <= newest;
        get diagnostics hit = row_count;
        made := made + hit;
      end if;
      if deletes > 0 then
        oldest := (select last_value from payments_gone);
        delete from ${TABLE} where id > oldest and id <= oldest + deletes;
        get diagnostics hit = row_count;
        perform setval('payments_gone', oldest + deletes);
        made := made + hit;
      end if;
      commit;
    end loop;
  end $$;
`

export async function makeTable(postgres: Postgres, rows: number): Promise<void> {
  await postgres.query(SCHEMA)
  await postgres.query(`insert into ${TABLE} select * from payment(1, ${rows}); select setval('payment_ids', ${rows})`)
  await postgres.query(`vacuum analyze ${TABLE}`)
}

/** At least so many changes; resolves with their number and the stream's end. */
export async function makeChanges(postgres: Postgres, changes: number): Promise<{ made: number; position: string }> {
  await postgres.query('set synchronous_commit to off')
  let made = 0
  for (let cycle = 0; cycle * CYCLE_CHANGES < changes; cycle += 1) {
    for (const { size, times } of MIX) {
      const [row] = await postgres.query<{ made: string }>(`call change_payments(${size}, ${times}, 0)`)
      made += Number(row?.made)
    }
  }
  await postgres.query('set synchronous_commit to on')
  await postgres.query('checkpoint')
  const [row] = await postgres.query<{ position: string }>('select pg_current_wal_flush_lsn()::text as position')
  return { made, position: String(row?.position) }
}
