import type { LegacyDatabase } from './legacy-database.ts'
import { openLegacyMysql } from './mysql/legacy-mysql.ts'
import { openLegacyPostgres } from './postgres/legacy-postgres.ts'

export async function openLegacyDatabase(url: string): Promise<LegacyDatabase> {
  return /^(mysql|mariadb):/.test(url) ? openLegacyMysql(url) : openLegacyPostgres(url)
}
