import type { SecretReference } from '../secret-reference.ts'

export interface PostgresSource {
  readonly kind: 'postgres'
  readonly url: string | SecretReference
  /** `orders`, `sales.orders`; default: every table of the schema `public`. */
  readonly tables?: readonly string[]
  /** Name of the replication slot; default `millrace_<project>_<source>`. */
  readonly slot?: string
  /** Name of the publication; default as the slot. Made if it is missing. */
  readonly publication?: string
  readonly tls?: { readonly certificateAuthority?: string; readonly rejectUnauthorized?: boolean }
}
