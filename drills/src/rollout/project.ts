/** The project of the drill: one source for agents, whose schema has a newer version in the second wave. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const TOKEN = 'rollout-token'
export const STREAM = 'click'
export const LOG_STREAM = 'fleet.click'

export interface ProjectOptions {
  readonly folder: string
  readonly port: number
  readonly version: 1 | 2
}

export function writeProject({ folder, port, version }: ProjectOptions): void {
  const newer = version === 1 ? '' : `\n              region: 'text',`
  writeFileSync(
    join(folder, 'millrace.config.ts'),
    `import { agent, defineProject, env } from 'millrace'

export default defineProject({
  name: 'rollout',
  sources: {
    fleet: agent({
      port: ${port},
      teams: {
        shop: {
          token: env('FLEET_TOKEN'),
          streams: {
            ${STREAM}: {
              columns: {
              agent: 'int32',
              event: 'int32',
              page: 'text',
              at: 'timestamptz',${newer}
              },
            },
          },
        },
      },
    }),
  },
})
`,
  )
}
