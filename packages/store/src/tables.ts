/**
 * The store's own tables, all named `store_…`; control tables are made by the packages that own them.
 *
 * Every row that a reader's answer rests on carries a checksum over all its columns, and what a damaged
 * tree could hide is missed by counting: positions have no gaps, an owner of state knows how many
 * segments it has. So damage is found where SQLite's own structure check would pass it.
 *
 * Headers lie in one tree, by position, and have no index by cut: within a partition cuts only grow with
 * positions, so a cut is found by bisection, and a second tree that could disagree is not needed.
 *
 * A batch is kept in two rows. The body is written once. The header is written into `store_tail` while
 * the batch is invisible, and moves to `store_batch`, where it gets its positions and its cut, once it
 * is visible: so opening a tail of any size rewrites no body, and a dropped tail leaves no gap. Where the
 * place and time of a transaction were not known before, the header carries them for all of the batch.
 *
 * Within a cut a batch has its place among those of all streams and partitions: the order in which they are to be
 * read. Bodies do not tell it: tails of one cut may have been written side by side, and are shown one after another.
 */

/** 'MlrS' in the file's header: what tells a store from any other SQLite database. */
export const APPLICATION_ID = 0x4d_6c_72_53

/** The form of these tables. A newer form gets a new number and a migration. */
export const FORMAT_VERSION = 3

export const CREATE_TABLES = `
create table store_meta (
  id text not null,
  created_ms real not null,
  cut integer not null,
  catalog integer not null,
  streams integer not null,
  checksum integer not null
);
create table store_stream (
  id integer primary key,
  name text not null,
  kind text not null,
  partitions integer not null,
  schema_id integer not null,
  checksum integer not null
);
create table store_schema (
  id integer primary key,
  stream_id integer not null,
  fingerprint text not null,
  schema text not null,
  checksum integer not null
);
create table store_partition (
  stream_id integer not null,
  partition integer not null,
  first integer not null,
  next integer not null,
  bytes integer not null,
  dropped_cut integer not null,
  checksum integer not null,
  primary key (stream_id, partition)
) without rowid;
create table store_batch (
  stream_id integer not null,
  partition integer not null,
  first integer not null,
  count integer not null,
  cut integer not null,
  place integer not null,
  as_of integer,
  committed_ms real not null,
  schema_id integer not null,
  body_id integer not null,
  stored_bytes integer not null,
  packing integer not null,
  body_checksum integer not null,
  transaction_position real,
  time_micros real,
  checksum integer not null,
  primary key (stream_id, partition, first)
) without rowid;
create table store_tail (
  body_id integer primary key,
  tail text not null,
  stream_id integer not null,
  partition integer not null,
  count integer not null,
  as_of integer,
  schema_id integer not null,
  stored_bytes integer not null,
  packing integer not null,
  body_checksum integer not null,
  checksum integer not null
);
create index store_tail_by_name on store_tail (tail, body_id);
create table store_body (
  id integer primary key,
  bytes blob not null
);
create table store_segment (
  id integer primary key,
  owner text not null,
  part text not null,
  sequence integer not null,
  packing integer not null,
  checksum integer not null,
  bytes blob not null
);
create unique index store_segment_by_owner on store_segment (owner, sequence, part);
create table store_owner (
  owner text primary key,
  segments integer not null,
  digest integer not null,
  checksum integer not null
) without rowid;
create table store_progress (
  source text primary key,
  transaction_position integer not null,
  state text not null,
  checksum integer not null
) without rowid;
`
