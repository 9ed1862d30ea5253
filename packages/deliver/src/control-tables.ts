/**
 * What a delivery keeps in the control tables, in SQL that SQLite and Postgres share.
 *
 * - `delivery`: one row each: its secret where it was generated, whether it is disabled, its counters.
 * - `delivery_position`: per partition, `next_position` and which positions below it are still open.
 *   Every other position below is done, or listed in `delivery_event`.
 * - `delivery_event`: only events that need more than one attempt, or wait behind one that does, or are
 *   parked. What is delivered has no row. Bodies are not here: they are read again from the log.
 * - `delivery_attempt`: every attempt, newest last, up to `attemptsKeptLimit`.
 */
import type { ControlStatement } from '@millrace/core'

const TABLES = [
  `create table if not exists delivery (
    name text not null primary key,
    stream text not null,
    secret text,
    disabled_ms bigint,
    delivered bigint not null,
    attempts bigint not null
  )`,
  `create table if not exists delivery_position (
    delivery text not null,
    partition_number integer not null,
    next_position bigint not null,
    open_positions text not null,
    primary key (delivery, partition_number)
  )`,
  `create table if not exists delivery_event (
    delivery text not null,
    partition_number integer not null,
    position bigint not null,
    event_id text not null,
    key_text text not null,
    operation integer not null,
    committed_us bigint not null,
    barrier integer not null,
    status text not null,
    attempts integer not null,
    attempts_limit integer not null,
    due_ms bigint not null,
    delay_ms bigint not null,
    answer integer,
    error text,
    primary key (delivery, partition_number, position)
  )`,
  'create index if not exists delivery_event_key on delivery_event (delivery, key_text, partition_number, position)',
  `create table if not exists delivery_attempt (
    delivery text not null,
    sequence bigint not null,
    event_id text not null,
    partition_number integer not null,
    position bigint not null,
    key_text text not null,
    operation integer not null,
    committed_us bigint not null,
    attempt integer not null,
    started_ms double precision not null,
    took_ms double precision not null,
    delivered integer not null,
    answer integer,
    error text,
    response text,
    primary key (delivery, sequence)
  )`,
  'create index if not exists delivery_attempt_event on delivery_attempt (event_id)',
]

export const CREATE_TABLES: readonly ControlStatement[] = TABLES.map((sql) => ({ sql, parameters: [] }))
