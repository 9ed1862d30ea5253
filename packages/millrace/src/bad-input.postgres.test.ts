/** Law 9: what a user gets wrong is told with a code, a place and a way out, and never with a stack. */
import { type Postgres, shopSchema, startPostgres } from '@millrace/testing'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, makeProject, Run, runCli } from './testing/run-cli.ts'

const MODEL = 'select o.id as order_id, count(*) as lines from shop.orders o join shop.order_items i on i.order_id = o.id group by o.id'

let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.query(shopSchema)
})

afterAll(async () => {
  await postgres.stop()
})

function config(parts: { url?: string; more?: string; source?: string }): string {
  return `import { defineProject, env, postgres, webhook } from 'millrace'
export default defineProject({
  name: 'bad_input',
  sources: { shop: postgres({ url: ${JSON.stringify(parts.url ?? postgres.url)}${parts.source ?? ''} }) },
  server: { port: 0 },
  ${parts.more ?? ''}
})
`
}

async function attempt(words: readonly string[], files: Readonly<Record<string, string>>): Promise<Finished> {
  const project = makeProject(files)
  try {
    const finished = await runCli(words, { folder: project.folder })
    expect(finished.stderr).not.toMatch(/\n\s+at /)
    expect(finished.stderr).not.toContain('postgres:millrace')
    return finished
  } finally {
    project.remove()
  }
}

describe('bad input', () => {
  it('a wrong host or port: the source is unreachable, exit 5', async () => {
    const { code, stderr } = await attempt(['check'], {
      'millrace.config.ts': config({ url: 'postgres://postgres:x@127.0.0.1:1/postgres' }),
    })
    expect(code).toBe(5)
    expect(stderr).toContain('SOURCE_UNREACHABLE')
    expect(stderr).toContain('What to do:')
  })

  it('a wrong password is told as such, without the password', async () => {
    const url = postgres.urlFor({ password: 'not-the-password' })
    const { code, stderr } = await attempt(['check'], { 'millrace.config.ts': config({ url }) })
    expect(code).toBe(4)
    expect(stderr).toContain('SOURCE_AUTHENTICATION')
    expect(stderr).not.toContain('not-the-password')
  })

  it('a model that is not UTF-8 is refused with its line, and not read as something else', async () => {
    const project = makeProject({ 'millrace.config.ts': config({}), 'models/names.sql': '' })
    try {
      writeFileSync(join(project.folder, 'models/names.sql'), Buffer.from("select id,\n  'caf\u00e9' as place from shop.orders", 'latin1'))
      const { code, stderr } = await runCli(['check'], { folder: project.folder })
      expect(code).toBe(4)
      expect(stderr).toContain('models/names.sql is not valid: its line 2 is not UTF-8 text.')
    } finally {
      project.remove()
    }
  })

  it('wal_level not logical: the statement that mends it is printed', async () => {
    const replica = await startPostgres({ settings: { wal_level: 'replica' } })
    try {
      await replica.query('create table orders (id bigint primary key)')
      const { code, stderr } = await attempt(['start'], { 'millrace.config.ts': config({ url: replica.url }) })
      expect(code).not.toBe(0)
      expect(stderr).toContain('SOURCE_WAL_LEVEL')
      expect(stderr).toContain('ALTER SYSTEM SET wal_level')
    } finally {
      await replica.stop()
    }
  })

  it('a missing table is named', async () => {
    const { code, stderr } = await attempt(['check'], { 'millrace.config.ts': config({ source: `, tables: ['orders', 'ordres']` }) })
    expect(code).not.toBe(0)
    expect(stderr).toContain('ordres')
    expect(stderr).toContain('What to do:')
  })

  it('a table without a replica identity is refused before it is published, with the statement', async () => {
    await postgres.query('create table nameless (note text)')
    try {
      const { code, stderr } = await attempt(['check'], { 'millrace.config.ts': config({ source: `, tables: ['nameless']` }) })
      expect(code).not.toBe(0)
      expect(stderr).toContain('REPLICA IDENTITY')
      const published = await postgres.query('select * from pg_publication_tables')
      expect(published).toEqual([])
    } finally {
      await postgres.query('drop table nameless')
    }
  })

  it('SQL with a typo is shown with its file, its line and a frame', async () => {
    const { code, stderr } = await attempt(['check'], {
      'millrace.config.ts': config({ source: `, tables: ['orders', 'order_items']` }),
      'models/lines.sql': 'select o.id\nform shop.orders o\n',
    })
    expect(code).toBe(4)
    expect(stderr).toContain('SQL_PARSE')
    expect(stderr).toContain('models/lines.sql:2')
    expect(stderr).toContain('form shop.orders o')
  })

  it('an unknown column is named, and every wrong model is told at once', async () => {
    const { code, stderr } = await attempt(['check'], {
      'millrace.config.ts': config({ source: `, tables: ['orders', 'order_items']` }),
      'models/one.sql': MODEL.replace('count(*)', 'sum(i.quantty)'),
      'models/two.sql': 'select nothing_here from shop.orders',
    })
    expect(code).toBe(4)
    expect(stderr).toContain('quantty')
    expect(stderr).toContain('models/one.sql')
    expect(stderr).toContain('models/two.sql')
  })

  it('a construct that is not live yet is refused by name, with its place', async () => {
    const { code, stderr } = await attempt(['check'], {
      'millrace.config.ts': config({ source: `, tables: ['orders']` }),
      'models/ranks.sql': 'select id, skewness(id) over (order by placed_at) as skew from shop.orders',
    })
    expect(code).toBe(4)
    expect(stderr).toContain('SQL_UNSUPPORTED')
    expect(stderr).toMatch(/skewness/i)
    expect(stderr).toContain('models/ranks.sql')
  })

  it('a configuration with a type error names the setting', async () => {
    const { code, stderr } = await attempt(['check'], { 'millrace.config.ts': config({ more: `allowInside: 'localhost',` }) })
    expect(code).toBe(4)
    expect(stderr).toContain('CONFIG_INVALID')
    expect(stderr).toContain('allowInside')
  })

  it('a configuration that is no TypeScript names its line', async () => {
    const { code, stderr } = await attempt(['check'], { 'millrace.config.ts': 'export default {\n  name: \n' })
    expect(code).toBe(4)
    expect(stderr).toContain('CONFIG_INVALID')
  })

  it('a missing project, a missing secret and an unknown command say what to do', async () => {
    expect((await attempt(['check'], {})).stderr).toMatch(/CONFIG_NOT_FOUND[\s\S]*millrace init NAME/)
    const missing = await attempt(['check'], {
      'millrace.config.ts': config({}).replace(JSON.stringify(postgres.url), `env('NOT_SET_ANYWHERE')`),
    })
    expect(missing.code).toBe(4)
    expect(missing.stderr).toContain('NOT_SET_ANYWHERE')
    const unknown = await attempt(['strat'], {})
    expect(unknown.code).toBe(64)
    expect(unknown.stderr).toContain("did you mean 'start'?")
  })

  it('a port in use is told, and nothing is left running', async () => {
    const occupant = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
    })
    try {
      const { port } = occupant.address() as AddressInfo
      const { code, stderr } = await attempt(['start', '--port', String(port)], {
        'millrace.config.ts': config({ source: `, tables: ['orders']` }),
      })
      expect(code).toBe(4)
      expect(stderr).toContain('PORT_IN_USE')
      expect(stderr).toContain(String(port))
    } finally {
      occupant.close()
    }
  })

  it('a second process on the same store is refused; the first goes on', async () => {
    const project = makeProject({
      'millrace.config.ts': config({ source: `, tables: ['orders', 'order_items']` }),
      'models/lines.sql': MODEL,
    })
    const first = new Run(['start', '--json'], { folder: project.folder })
    try {
      await first.says('"event":"ready"')
      const second = await runCli(['start'], { folder: project.folder })
      expect(second.code).toBe(4)
      expect(second.stderr).toContain('STORE_IN_USE')
      const status = await runCli(['status', '--json'], { folder: project.folder })
      expect(JSON.parse(status.stdout)).toMatchObject({ running: true })
    } finally {
      const { code } = await first.stop()
      expect(code).toBe(0)
      await postgres.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active`)
      project.remove()
    }
  })
})
