/** The settings of file formats; what their letters mean is judged by whoever reads the files. */
import { PLAIN_KINDS, typeFromName } from '@millrace/core'
import { z } from 'zod'
import { wholeFrom } from '../setting.ts'

const name = z.string().min(1)
const character = z.string().length(1)

const typeName = z.string().refine((text) => typeFromName(text) !== null, {
  message: `must be a type: ${PLAIN_KINDS.join(', ')} or decimal(width,scale)`,
})

export const columnFormats = z
  .record(name, z.union([typeName, z.strictObject({ type: typeName, format: name.optional(), nullable: z.boolean().optional() })]))
  .refine((given) => Object.keys(given).length > 0, 'must have a column')

const total = {
  name,
  of: z.union([z.literal('count'), z.strictObject({ sum: name }), z.strictObject({ hash: name })]),
  records: name.optional(),
}

const stored = {
  encoding: name.optional(),
  compression: z.enum(['auto', 'none', 'gzip', 'zstd', 'brotli']).optional(),
  expansionMax: wholeFrom(1).optional(),
  recordBytesMax: wholeFrom(1).max(268_435_456).optional(),
}

const csvFormat = z.strictObject({
  type: z.literal('csv'),
  ...stored,
  delimiter: character.optional(),
  quote: character.nullable().optional(),
  escape: character.optional(),
  header: z.boolean().optional(),
  names: z.array(name).min(1).optional(),
  nullText: z.array(z.string()).optional(),
  comment: name.optional(),
  skipLines: wholeFrom(0).optional(),
  ragged: z.enum(['park', 'fill']).optional(),
  trim: z.boolean().optional(),
  decimalSeparator: z.enum(['.', ',']).optional(),
  thousandsSeparator: character.optional(),
  booleans: z.strictObject({ true: z.array(name), false: z.array(name) }).optional(),
  columns: columnFormats.optional(),
  trailer: z.strictObject({ code: name, totals: z.array(z.strictObject({ ...total, field: wholeFrom(1) })) }).optional(),
})

const jsonLinesFormat = z.strictObject({
  type: z.literal('json-lines'),
  ...stored,
  columns: columnFormats.optional(),
  unknownMembers: z.enum(['ignore', 'park']).optional(),
})

const field = z.strictObject({
  name,
  start: wholeFrom(1),
  length: wholeFrom(1),
  type: typeName,
  storage: z.enum(['text', 'overpunch', 'packed', 'binary', 'binary-little']).optional(),
  point: z.enum(['implied', 'written']).optional(),
  padSide: z.enum(['left', 'right', 'both']).optional(),
  padCharacter: character.optional(),
  format: name.optional(),
  nullText: z.array(z.string()).optional(),
  nullable: z.boolean().optional(),
})

const layout = z.strictObject({
  code: name.optional(),
  role: z.enum(['data', 'header', 'trailer']).optional(),
  fields: z.array(field).min(1),
  totals: z.array(z.strictObject({ ...total, field: name })).optional(),
})

const fixedWidthFormat = z.strictObject({
  type: z.literal('fixed-width'),
  ...stored,
  records: z.union([z.enum(['lines', 'rdw']), z.strictObject({ bytes: wholeFrom(1).max(268_435_456) })]).optional(),
  positions: z.enum(['bytes', 'characters']).optional(),
  code: z.strictObject({ start: wholeFrom(1), length: wholeFrom(1) }).optional(),
  layouts: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _, and start with a letter'), layout),
  unknownRecords: z.enum(['park', 'ignore']).optional(),
})

const parquetFormat = z.strictObject({ type: z.literal('parquet'), columns: z.array(name).min(1).optional() })

export const fileFormat = z.discriminatedUnion('type', [csvFormat, jsonLinesFormat, fixedWidthFormat, parquetFormat])
