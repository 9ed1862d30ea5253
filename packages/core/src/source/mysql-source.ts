import type { SecretReference } from '../secret-reference.ts'

/** A database of MySQL 8 or of MariaDB 10.6 and later, followed by its row binlog. */
export interface MysqlSource {
  readonly kind: 'mysql'
  /** `mysql://USER:PASSWORD@HOST:PORT/DATABASE`; read anew at each connection where it is a reference. */
  readonly url: string | SecretReference
  /** In place of the one in the url; read anew at each connection, so that it may rotate. */
  readonly password?: SecretReference
  /** Names of tables; default: every table of the database. */
  readonly tables?: readonly string[]
  /** Tables to leave out. */
  readonly exclude?: readonly string[]
  /** Under which number this reader is known to the server; unique among its replicas. Default: made from project and source. */
  readonly serverId?: number
  /** Another number than before has all tables read anew, deletes included. Default 1. */
  readonly generation?: number
  /** What follows where the server no longer has the changes after our position. Default `stop`. */
  readonly whenLost?: 'stop' | 'rebuild'
  readonly tls?: { readonly certificateAuthority?: string; readonly rejectUnauthorized?: boolean }
}
