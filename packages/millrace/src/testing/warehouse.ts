/** A project with one engine on a real Postgres, whose models may stay there. */
import type { Postgres } from '@millrace/testing'
import { GraphFolder } from './graph-folder.ts'

/** The password is a reference, as that of a source. */
export function warehouseProject(postgres: Postgres, models: Readonly<Record<string, string>>): GraphFolder {
  const url = new URL(postgres.url)
  process.env['WAREHOUSE_PASSWORD'] = decodeURIComponent(url.password)
  url.password = ''
  const engine = `{ kind: 'postgres', url: '${url}', password: { secret: 'env', name: 'WAREHOUSE_PASSWORD' } }`
  const config = `export default { name: 'numbers', engines: { warehouse: ${engine} } }\n`
  return new GraphFolder({ 'millrace.config.ts': config, ...models })
}

/** What runs made there. */
export async function dropVersions(postgres: Postgres): Promise<void> {
  const schemas = await postgres.query<{ name: string }>("select nspname as name from pg_namespace where nspname like 'millrace\\_%'")
  for (const { name } of schemas) await postgres.query(`drop schema "${name}" cascade`)
}
