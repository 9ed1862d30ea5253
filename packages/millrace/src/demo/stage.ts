/** What the demo stands on: a database with a shop in it, a receiver, and a folder for it all. */
import type { Clock } from '@millrace/base'
import type { Postgres, Receiver, ShopWorkload } from '@millrace/testing'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

const SIZE = { customers: 400, products: 120, orders: 1500 } as const

export interface DemoStage {
  readonly folder: string
  readonly postgres: Postgres
  readonly receiver: Receiver
  readonly workload: ShopWorkload
  /** Rows in the shop before the workload began. */
  readonly seeded: number
  end(): Promise<void>
}

export interface DemoStageOptions {
  readonly seed: number
  readonly ratePerSecond: number
  readonly clock: Clock
  readonly keep: boolean
  readonly note: (line: string) => void
}

/** Also sets the references of `examples/shop` in this process's environment. */
export async function setDemoStage({ seed, ratePerSecond, clock, keep, note }: DemoStageOptions): Promise<DemoStage> {
  // Only the demo needs the test bench, with its database of 100 MB: other commands never load it.
  const { seedShop, shopSchema, ShopWorkload, startPostgres, startReceiver } = await import('@millrace/testing')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  note('Starting Postgres…')
  const postgres = await startPostgres()
  const end = async (): Promise<void> => {
    await receiver?.close()
    await postgres.stop()
    if (!keep) rmSync(folder, { recursive: true, force: true })
  }
  let receiver: Receiver | undefined
  try {
    note('Filling the shop…')
    await postgres.query(shopSchema)
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    const seeded = await seedShop(client, { ...SIZE, seed }).finally(() => client.end())
    receiver = await startReceiver({ secrets: [secret] })
    const workload = new ShopWorkload({ url: postgres.url, seed, ratePerSecond, clock })
    process.env['SHOP_URL'] = postgres.url
    process.env['TOTALS_URL'] = receiver.url
    process.env['TOTALS_SECRET'] = secret
    return { folder, postgres, receiver, workload, seeded, end }
  } catch (error) {
    await end()
    throw error
  }
}
