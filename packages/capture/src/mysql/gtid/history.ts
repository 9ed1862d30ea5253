import type { Dialect } from '../binlog/event-type.ts'
import { MariadbPosition } from './mariadb-position.ts'
import { MysqlSet } from './mysql-set.ts'

/** What has been taken of a server's history: grows by one transaction at a time. */
export interface History {
  add(gtid: string): void
  toString(): string
}

export function parseHistory(dialect: Dialect, text: string): History {
  return dialect === 'mariadb' ? MariadbPosition.parse(text) : MysqlSet.parse(text)
}
