/** What settings of every kind are made of. */
import { z } from 'zod'

export const secret = z.union([
  z.strictObject({ secret: z.literal('env'), name: z.string().min(1) }),
  z.strictObject({ secret: z.literal('file'), path: z.string().min(1) }),
])

export const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _, and start with a letter')

export const wholeFrom = (least: number): z.ZodInt => z.int().min(least)
