/** Where batch models can stay, beside DuckDB: an engine has a name, and a model says `-- @engine NAME`. */
import type { SecretReference } from './secret-reference.ts'

export interface PostgresEngineConfig {
  readonly kind: 'postgres'
  readonly url: string | SecretReference
  /** Instead of one in the url; read anew at each connection. */
  readonly password?: SecretReference
  readonly tls?: { readonly certificateAuthority?: string; readonly rejectUnauthorized?: boolean }
  /** What an environment shows lies in the schema `SCHEMA_ENVIRONMENT`. Default `millrace`: `millrace_prod`. */
  readonly schema?: string
}

export type EngineConfig = PostgresEngineConfig
