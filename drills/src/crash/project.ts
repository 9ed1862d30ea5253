import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * A project of the drill's own, with the shop's models. It lies inside the repository, because a config
 * imports `millrace` by name as any user's does.
 */
export function makeProject(name: string, workers: number): string {
  const folder = join(REPOSITORY, '.millrace', 'drills', `${name}-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  cpSync(join(REPOSITORY, 'examples', 'shop', 'models'), join(folder, 'models'), { recursive: true })
  writeFileSync(
    join(folder, 'millrace.config.ts'),
    `import { defineProject, env, postgres, webhook } from 'millrace'

export default defineProject({
  name: 'drill',
  sources: { shop: postgres({ url: env('SHOP_URL') }) },
  deliveries: { totals: webhook({ from: 'order_totals', url: env('TOTALS_URL'), secret: env('TOTALS_SECRET') }) },
  allowInside: ['127.0.0.1'],
  live: { workers: ${workers} },
})
`,
  )
  return folder
}
