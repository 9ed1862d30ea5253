import { z } from 'zod'
import { identifier, wholeFrom } from '../setting.ts'
import { columnFormats } from './file-format.ts'

const POLL_MS_MIN = 20

const expression = z.union([z.string().min(1), z.instanceof(RegExp)]).refine(isExpression, { message: 'must be a regular expression' })

const pattern = expression.refine((given) => /\(\?<[a-zA-Z_]/.test(sourceOf(given)), {
  message: 'must have a named group for each column: `(?<level>\\w+)`',
})

const typed = { columns: columnFormats.optional(), time: z.string().min(1).optional() }

const logFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('json'), ...typed }),
  z.strictObject({ type: z.literal('pattern'), pattern, ...typed }),
  z.strictObject({ type: z.literal('line') }),
])

export const logsSource = z.strictObject({
  kind: z.literal('logs'),
  files: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  stream: identifier.optional(),
  format: logFormat,
  multiline: z.strictObject({ start: expression, waitMs: wholeFrom(0).optional() }).optional(),
  recordBytesMax: wholeFrom(1).optional(),
  pollMs: wholeFrom(POLL_MS_MIN).optional(),
  startAt: z.enum(['beginning', 'end']).optional(),
})

function sourceOf(given: string | RegExp): string {
  return typeof given === 'string' ? given : given.source
}

function isExpression(given: string | RegExp): boolean {
  try {
    void new RegExp(given)
    return true
  } catch {
    return false
  }
}
