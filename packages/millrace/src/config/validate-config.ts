import { MillraceError, nearest } from '@millrace/base'
import type { ProjectConfig } from '@millrace/core'
import { z } from 'zod'
import { byteSize, identifier, secret, wholeFrom } from './setting.ts'
import { scheduleConfig } from './schedule.ts'
import { agentSource } from './source/agent.ts'
import { filesSource } from './source/files.ts'
import { logsSource } from './source/logs.ts'
import { mysqlSource } from './source/mysql.ts'
import { postgresSource } from './source/postgres.ts'

/** One file a kind. */
const SOURCES = [agentSource, filesSource, logsSource, mysqlSource, postgresSource] as const

const source = z.discriminatedUnion('kind', SOURCES)

const webhookDelivery = z.strictObject({
  kind: z.literal('webhook'),
  from: z.string().min(1),
  url: z.union([z.string().min(1), secret]),
  secret: z.union([secret, z.array(secret).min(1).max(2)]).optional(),
  concurrency: wholeFrom(1).max(1024).optional(),
  timeoutMs: wholeFrom(100).max(120_000).optional(),
  attemptsLimit: wholeFrom(1).max(100).optional(),
})

const modelConfig = z.strictObject({
  indexes: z
    .array(z.array(z.string().min(1)).min(1))
    .max(16)
    .optional(),
})

const endpointConfig = z.strictObject({
  model: z.string().min(1),
  description: z.string().optional(),
  parameters: z
    .record(
      identifier,
      z.union([
        z.string().min(1),
        z.strictObject({ type: z.string().min(1), default: z.union([z.string(), z.number(), z.boolean()]).optional() }),
      ]),
    )
    .optional(),
  where: z.string().min(1).optional(),
  order: z.string().min(1).optional(),
  limit: wholeFrom(1).max(10_000).optional(),
})

const budget = z.strictObject({
  seconds: z.number().positive().optional(),
  memoryMb: wholeFrom(16).optional(),
  rows: wholeFrom(0).optional(),
  spillMb: wholeFrom(0).optional(),
})

const graphConfig = z.strictObject({
  folders: z
    .record(
      z.string(),
      z.strictObject({
        materialize: z.enum(['live', 'table', 'view', 'incremental', 'snapshot']).optional(),
        engine: identifier.optional(),
        tags: z.array(z.string().min(1)).optional(),
        budget: budget.optional(),
      }),
    )
    .optional(),
  memoryMb: wholeFrom(64).optional(),
  workers: wholeFrom(1).max(256).optional(),
  keepPublications: wholeFrom(1).optional(),
})

const postgresEngine = z.strictObject({
  kind: z.literal('postgres'),
  url: z.union([z.string().min(1), secret]),
  password: secret.optional(),
  tls: z.strictObject({ certificateAuthority: z.string().optional(), rejectUnauthorized: z.boolean().optional() }).optional(),
  schema: identifier.optional(),
})

const projectConfig = z.strictObject({
  name: identifier,
  sources: z.record(identifier, source).optional(),
  deliveries: z.record(identifier, webhookDelivery).optional(),
  store: z.string().min(1).optional(),
  server: z.strictObject({ host: z.string().min(1).optional(), port: z.int().min(0).max(65_535).optional() }).optional(),
  streams: z
    .record(
      z.string(),
      z.strictObject({
        partitions: wholeFrom(1).max(256).optional(),
        retentionHours: z.number().positive().optional(),
        watermark: z.strictObject({ column: z.string().min(1), latenessSeconds: wholeFrom(0).max(1_000_000_000) }).optional(),
      }),
    )
    .optional(),
  models: z.record(z.string(), modelConfig).optional(),
  endpoints: z.record(identifier, endpointConfig).optional(),
  engines: z.record(identifier, postgresEngine).optional(),
  graph: graphConfig.optional(),
  schedules: z.record(identifier, scheduleConfig).optional(),
  live: z.strictObject({ workers: wholeFrom(1).max(64).optional(), memory: byteSize.optional() }).optional(),
  proofs: z.strictObject({ streamsEveryHours: z.number().positive().optional() }).optional(),
  allowInside: z.array(z.string().min(1)).optional(),
})

const KNOWN_SETTINGS = [
  ...Object.keys(projectConfig.shape),
  ...SOURCES.flatMap(({ shape }) => Object.keys(shape)),
  ...Object.keys(webhookDelivery.shape),
  ...Object.keys(modelConfig.shape),
  ...Object.keys(endpointConfig.shape),
  ...Object.keys(graphConfig.shape),
  ...Object.keys(budget.shape),
  ...Object.keys(scheduleConfig.shape),
  'budget',
  ...Object.keys(postgresEngine.shape),
  'materialize',
  'tags',
  'streamsEveryHours',
  'memory',
  'partitions',
  'retentionHours',
  'watermark',
  'latenessSeconds',
  'host',
  'port',
]

/** Checks what a config exported; raises CONFIG_INVALID for the first thing wrong, naming its place. */
export function validateConfig(value: unknown, configFile: string): ProjectConfig {
  const result = projectConfig.safeParse(value)
  if (result.success) return result.data as ProjectConfig
  const issue = deepest(result.error.issues[0])
  const place = issue.path.length === 0 ? 'the default export' : `\`${issue.path.map(String).join('.')}\``
  throw new MillraceError('CONFIG_INVALID', { details: { file: configFile, problem: `${place} ${problemOf(issue)}`, place } })
}

type Issue = z.core.$ZodIssue

/** A union's own message says nothing; the branch that got furthest does. */
function deepest(issue: Issue | undefined): Issue {
  if (issue === undefined) return { code: 'custom', path: [], message: 'is not valid', input: undefined }
  if (issue.code !== 'invalid_union') return issue
  const branches = issue.errors.flatMap((branch) => (branch[0] === undefined ? [] : [branch[0]]))
  const furthest = branches.sort((left, right) => right.path.length - left.path.length)[0]
  if (furthest === undefined || furthest.path.length === 0) return { ...issue, message: 'has a value of the wrong kind' }
  return deepest({ ...furthest, path: [...issue.path, ...furthest.path] })
}

function problemOf(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    const meant = nearest(key, KNOWN_SETTINGS)
    return `has an unknown setting '${key}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`
  }
  if (issue.code === 'invalid_type')
    return `must be ${article(issue.expected)}${issue.input === undefined ? '' : `, not ${typeof issue.input}`}`
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
}

function article(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}
