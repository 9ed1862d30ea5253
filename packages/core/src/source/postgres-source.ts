import type { SecretReference } from '../secret-reference.ts'

export interface PostgresSource {
  readonly kind: 'postgres'
  readonly url: string | SecretReference
  /** Instead of one in the url; read anew at each connection. */
  readonly password?: SecretReference
  /** `orders`, `sales.orders`, `sales.*`, `*_archive`; default: every table of the schema `public`. Found while running, too. */
  readonly tables?: readonly string[]
  /** Tables to leave out; a pattern without a schema holds in every one. */
  readonly exclude?: readonly string[]
  /** Per table, by the names or patterns that `tables` takes: which columns, and how they are masked. */
  readonly columns?: Readonly<Record<string, PostgresColumns>>
  /** The key of every `mask: 'hash'`: the same key, the same hashes, so that tables can still be joined. */
  readonly maskKey?: SecretReference
  /** Name of the replication slot; default `millrace_<project>_<source>`. */
  readonly slot?: string
  /** Name of the publication; default as the slot. Made if it is missing. */
  readonly publication?: string
  readonly tls?: { readonly certificateAuthority?: string; readonly rejectUnauthorized?: boolean }
  /** How much of the server's log the slot may hold back, and what to do there. Default: 10 GB, warn. */
  readonly wal?: { readonly keptBytesLimit?: number; readonly atLimit?: 'warn' | 'rebuild' }
  /** How the rows that are there already are read. Default: 2 connections, as fast as they go. */
  readonly snapshot?: { readonly connections?: number; readonly rowsPerSecondMax?: number }
  /** What to do once the slot is lost: read all tables anew, deletes included (default), or stop and tell. */
  readonly onSlotLost?: 'stop' | 'rebuild'
  /** A slot that a standby takes over (Postgres 17 and later). */
  readonly failover?: boolean
}

export interface PostgresColumns {
  /** Only these, beside the key. */
  readonly include?: readonly string[]
  /** All but these. They never reach the log, and where the server can leave them out, never leave it. */
  readonly exclude?: readonly string[]
  readonly mask?: Readonly<Record<string, ColumnMask>>
}

/** `hash`: HMAC-SHA-256 of its text; `redact`: always `***`; `keep`: the last so many characters, `*` for each before. */
export type ColumnMask = 'hash' | 'redact' | { readonly keep: number }
