/**
 * By what it is seen, without reading a table, that nobody wrote to it. Postgres counts the rows that were inserted,
 * updated and deleted, and a table that is written anew has another file. Its counters are told late and can be lost, so
 * they are believed only where nothing can be missing:
 *
 * - the server is 15 or newer, no standby, counts, and has not lost its counters since (its start and the times of their
 *   resets are part of a mark): since 15 a session tells what it counted at most 10 s after it became idle;
 * - every other session of the database has been idle for longer than that, so that none has anything left to tell; those of
 *   an engine write nothing but versions;
 * - what was remembered was counted before the snapshot in which the table was hashed, so that a mark is never younger
 *   than its content; what is compared with it is counted after the snapshot of the run, and after the sessions were looked at;
 * - the table is one whose printed rows only its own writes can change: no foreign table, no view, no policies, no types of a user.
 *
 * A superuser who turns `track_counts` off in a session can write unseen.
 */
import type { Session } from './session.ts'

const IDLE_SECONDS = 15

/** By relation; only of those that can be believed at all. */
export type TableMarks = ReadonlyMap<string, string>

const ERA = `SELECT concat_ws(' ', pg_postmaster_start_time()::text, d.datid::text, d.stats_reset::text, b.stats_reset::text) AS era
  FROM pg_stat_database AS d, pg_stat_bgwriter AS b WHERE d.datname = current_database()
  AND current_setting('server_version_num')::int >= 150000 AND current_setting('track_counts')::bool AND NOT pg_is_in_recovery()`

const MARKS = `WITH shaped AS (
    SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name,
      concat_ws(' ', c.oid::text, pg_relation_filenode(c.oid)::text, c.xmin::text, columns.marks) AS shape,
      NOT c.relrowsecurity AND columns.are_own AND (c.relkind = 'p' OR NOT c.relhassubclass) AS is_plain,
      concat_ws(' ', pg_stat_get_tuples_inserted(c.oid)::text, pg_stat_get_tuples_updated(c.oid)::text, pg_stat_get_tuples_deleted(c.oid)::text) AS written
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace CROSS JOIN LATERAL (
      SELECT string_agg(a.xmin::text, ',' ORDER BY a.attnum) AS marks, bool_and(a.atttypid < 16384 AND coalesce(t.typname !~ '^_?reg', true)) AS are_own
      FROM pg_attribute AS a LEFT JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
    WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
  SELECT name, concat_ws(' ', shape, written) AS mark FROM shaped WHERE relkind <> 'p' AND is_plain
  UNION ALL
  SELECT whole.name, concat_ws(' ', whole.shape, string_agg(concat_ws(' ', part.shape, part.written), ';' ORDER BY part.oid))
  FROM shaped AS whole CROSS JOIN LATERAL pg_partition_tree(whole.oid) AS tree LEFT JOIN shaped AS part ON part.oid = tree.relid
  WHERE whole.relkind = 'p' AND tree.isleaf GROUP BY whole.name, whole.shape, whole.is_plain
  HAVING whole.is_plain AND bool_and(coalesce(part.is_plain, false))`

/** Outside of a transaction, for within one the server tells the counters as they were when it was first asked. */
export async function tableMarks(session: Session): Promise<TableMarks> {
  const [told] = await session.objects<{ era: string }>(ERA)
  if (told === undefined) return new Map()
  const rows = await session.objects<{ name: string; mark: string }>(MARKS)
  return new Map(rows.map(({ name, mark }) => [name, `${told.era} ${mark}`]))
}

/** As `tableMarks`, where every other session has told what it counted. */
export async function believedMarks(session: Session): Promise<TableMarks> {
  const [told] = await session.objects<{ busy: number }>(
    `SELECT count(*)::int AS busy FROM pg_stat_activity WHERE datname = current_database() AND application_name <> current_setting('application_name')
       AND backend_type NOT IN ('autovacuum worker', 'walsender')
       AND (state IS DISTINCT FROM 'idle' OR state_change > clock_timestamp() - $1 * interval '1 second')`,
    [IDLE_SECONDS],
  )
  return told?.busy === 0 ? tableMarks(session) : new Map()
}
