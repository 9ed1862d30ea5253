/** A running project with one agent source, as a process of its own. */
import { assert } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))
const START_LIMIT_MS = 60_000

const CONFIG = `import { agent, defineProject, env } from 'millrace'

export default defineProject({
  name: 'bench',
  sources: {
    web: agent({
      port: 0,
      teams: {
        shop: {
          token: env('SHOP_TOKEN'),
          streams: {
            checkout: {
              columns: {
                order_id: 'int64',
                customer: 'text',
                total: 'decimal(12,2)',
                currency: 'text',
                paid: 'boolean',
                note: 'text',
                at: 'timestamptz',
              },
            },
          },
        },
      },
    }),
  },
})
`

export interface AgentDoor {
  readonly url: string
  close(): Promise<void>
}

export async function startAgentDoor({ folder, token }: { readonly folder: string; readonly token: string }): Promise<AgentDoor> {
  writeFileSync(join(folder, 'millrace.config.ts'), CONFIG)
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, 'start', '--json', '--port', '0', '--project', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SHOP_TOKEN: token },
  })
  const exited = once(child, 'exit')
  let consoleUrl: string | null = null
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"event":"ready"')) consoleUrl = (JSON.parse(line) as { console: string }).console
  })
  const url = await doorUrl(() => consoleUrl)
  return {
    url,
    close: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function doorUrl(consoleUrl: () => string | null): Promise<string> {
  const endMs = performance.now() + START_LIMIT_MS
  for (;;) {
    assert(performance.now() < endMs, 'the project starts in time')
    const url = consoleUrl()
    if (url !== null) {
      const graph = (await (await fetch(`${url}/api/graph`)).json()) as { nodes: { evidence: Record<string, unknown> }[] }
      const door = graph.nodes.map(({ evidence }) => evidence['door']).find((each) => typeof each === 'string')
      if (typeof door === 'string') return door
    }
    await sleep(50)
  }
}
