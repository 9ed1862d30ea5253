/** The streams whose rows may be late, and the streams of what was. */
import { MillraceError } from '@millrace/base'
import { lateStream, type StreamDefinition, type Watermark } from '@millrace/core'
import type { TableDefinition } from '@millrace/sql'
import type { Project } from '../config/project.ts'

const TIMES: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz'])

/** The streams as models read them. Raises CONFIG_INVALID for a watermark of a column that tells no time. */
export function withWatermarks({ config }: Project, streams: readonly StreamDefinition[]): readonly (StreamDefinition & TableDefinition)[] {
  return streams.map((stream) => {
    const watermark = config.streams?.[stream.name]?.watermark
    if (watermark === undefined) return stream
    checkColumn(stream, watermark)
    return { ...stream, watermark }
  })
}

/** One for each stream with a watermark, whether it is read or not. */
export function lateStreams({ config }: Project, streams: readonly StreamDefinition[]): readonly StreamDefinition[] {
  return streams.filter(({ name }) => config.streams?.[name]?.watermark !== undefined).map(lateStream)
}

export function watermarksOf(config: Project['config']): readonly (readonly [stream: string, watermark: Watermark])[] {
  return Object.entries(config.streams ?? {}).flatMap(([name, { watermark }]) =>
    watermark === undefined ? [] : [[name, watermark] as const],
  )
}

function checkColumn({ name, schema }: StreamDefinition, { column }: Watermark): void {
  const found = schema.columns.find((each) => each.name === column)
  if (found !== undefined && TIMES.has(found.type.kind)) return
  const is = found === undefined ? 'which the stream does not have' : `which is a ${found.type.kind} and no date or timestamp`
  const place = `streams['${name}'].watermark.column`
  throw new MillraceError('CONFIG_INVALID', {
    details: { file: 'millrace.config.ts', problem: `\`${place}\` names '${column}', ${is}`, place: `\`${place}\`` },
  })
}
