/** A project as its author writes it. */
import type { Watermark } from './watermark.ts'
import type { EngineConfig } from './engine-config.ts'
import type { SecretReference } from './secret-reference.ts'
import type { AgentSource } from './source/agent-source.ts'
import type { FilesSource } from './source/files-source.ts'
import type { LogsSource } from './source/logs-source.ts'
import type { MysqlSource } from './source/mysql-source.ts'
import type { PostgresSource } from './source/postgres-source.ts'

/** One kind of source, one file in `source/`. */
export type SourceConfig = AgentSource | FilesSource | LogsSource | MysqlSource | PostgresSource

export interface WebhookDelivery {
  readonly kind: 'webhook'
  /** The stream or model whose every change is told. */
  readonly from: string
  readonly url: string | SecretReference
  /** `whsec_…`; without one a secret is generated and kept in the store. Two during a rotation. */
  readonly secret?: SecretReference | readonly SecretReference[]
  /** Requests in flight at once, over all keys; within a key there is never more than one. Default 32. */
  readonly concurrency?: number
  readonly timeoutMs?: number
  /** After so many attempts a change is parked. Default 12 (about a day). */
  readonly attemptsLimit?: number
}

export type DeliveryConfig = WebhookDelivery

export interface ModelConfig {
  /** Columns by which rows are looked up, beside the model's key: `[['customer_id'], ['country', 'city']]`. */
  readonly indexes?: readonly (readonly string[])[]
}

/** A question about one model that is asked by its name, with typed parameters. */
export interface EndpointConfig {
  readonly model: string
  readonly description?: string
  /** Per parameter its type: `text`, `int64`, `decimal(12,2)`, or with what holds where it is not given. */
  readonly parameters?: Readonly<Record<string, string | { readonly type: string; readonly default?: string | number | boolean }>>
  /** One SQL condition over the model's columns and the parameters: `country = $country`. Default: every row. */
  readonly where?: string
  /** `revenue desc, country`. Default: any order. */
  readonly order?: string
  /** Default 100. */
  readonly limit?: number
}

export interface ProjectConfig {
  readonly name: string
  readonly sources?: Readonly<Record<string, SourceConfig>>
  readonly deliveries?: Readonly<Record<string, DeliveryConfig>>
  /** Path of the store, from the project's folder. Default `.millrace/store.db`. */
  readonly store?: string
  readonly server?: { readonly host?: string; readonly port?: number }
  readonly streams?: Readonly<Record<string, StreamConfig>>
  readonly models?: Readonly<Record<string, ModelConfig>>
  readonly endpoints?: Readonly<Record<string, EndpointConfig>>
  /** Servers on which batch models can stay, by the name that `-- @engine NAME` says. */
  readonly engines?: Readonly<Record<string, EngineConfig>>
  readonly graph?: GraphConfig
  /** When `millrace start` runs batch models by itself. */
  readonly schedules?: Readonly<Record<string, ScheduleConfig>>
  readonly live?: {
    /**
     * Threads over which live models are spread, by key where their SQL allows it; `millrace status --json` tells where each
     * is computed. Default 1: all in the engine's own.
     */
    readonly workers?: number
    /** What the state of all live models may take of memory, `256 MB`; the rest goes to a scratch file. Default: a quarter of the memory. */
    readonly memory?: string
  }
  readonly proofs?: {
    /** Each stream is compared with what its source holds, so often: its table is read once each time. Default: only when asked. */
    readonly streamsEveryHours?: number
  }
  /** Inside addresses that deliveries may reach: `127.0.0.1`, `10.0.0.0/8`. Default: none. */
  readonly allowInside?: readonly string[]
}

/** One of `at` and `every` says when. */
export interface ScheduleConfig {
  /** Minute, hour, day of the month, month, day of the week, as cron has them: `30 2 * * mon-fri`. */
  readonly at?: string
  /** `15 min`, `6 h`, `1 day`; counted from 1970 in UTC. */
  readonly every?: string
  /** Whose clock `at` and `deadline` mean: `Europe/Berlin`. Default `UTC`. */
  readonly zone?: string
  /** As `millrace run` takes it. Default: every model. */
  readonly select?: string | readonly string[]
  readonly exclude?: string
  /** Default `prod`. */
  readonly env?: string
  /** When the run should have ended: the next `06:00` after it is due, or `45 min` after. Default: none. */
  readonly deadline?: string
}

/** What a run may spend on each model; one that needs more fails, and what is published stays. Default: no limit. */
export interface BudgetConfig {
  readonly seconds?: number
  /** In DuckDB's memory; what does not fit goes to disk. */
  readonly memoryMb?: number
  /** Of the model's version. */
  readonly rows?: number
  /** On disk while it is computed. */
  readonly spillMb?: number
}

/** How batch models are kept and run. */
export interface GraphConfig {
  /** What holds for the models of a folder under `models/`; `.` is all of them. A file's own header goes first. */
  readonly folders?: Readonly<
    Record<
      string,
      {
        readonly materialize?: 'live' | 'table' | 'view' | 'incremental' | 'snapshot'
        readonly engine?: string
        readonly tags?: readonly string[]
        readonly budget?: BudgetConfig
      }
    >
  >
  /** What a run may take of memory before it spills to disk. Default 512. */
  readonly memoryMb?: number
  /** How many models run at once. Default: the machine's cores. */
  readonly workers?: number
  /** How many publications of each environment are kept to go back to. Default 20. */
  readonly keepPublications?: number
}

export interface StreamConfig {
  readonly partitions?: number
  /** How long changes are kept; default for ever. */
  readonly retentionHours?: number
  /** Rows of events may come late by so much; what comes later still is kept aside in `NAME__late`. Default: nothing is late. */
  readonly watermark?: Watermark
}
