/** Looks at a folder or a bucket as `millrace doctor` does: can it be listed, what fits, can it be read. */
import { describeError, MillraceError, systemClock, systemRandom } from '@millrace/base'
import type { Finding } from '../postgres/inspect-postgres.ts'
import { belongsTo, declaredFiles } from './declared-files.ts'
import type { ListedObject } from './object/object-store.ts'
import { openNoticeQueue } from './notice/open-notice-queue.ts'
import { type FilesPlace, openObjectStore } from './object/open-object-store.ts'

/** Beyond so many objects the rest is not counted. */
const OBJECTS_MAX = 50_000

export async function inspectFiles(place: FilesPlace): Promise<Finding[]> {
  const findings: Finding[] = []
  const { signal } = new AbortController()
  try {
    const store = openObjectStore(place, { clock: systemClock, random: systemRandom })
    const declared = declaredFiles(place.config)
    const fitting = new Map(declared.map(({ name }) => [name, 0]))
    let objects = 0
    let sample: ListedObject | null = null
    for await (const page of store.pages(signal)) {
      objects += page.length
      for (const object of page) {
        const to = belongsTo(object.key, declared)
        if (to === undefined) continue
        fitting.set(to.name, (fitting.get(to.name) ?? 0) + 1)
        sample ??= object
      }
      if (objects >= OBJECTS_MAX) break
    }
    findings.push({ check: 'listing', ok: true, detail: `${objects}${objects >= OBJECTS_MAX ? ' or more' : ''} files in ${store.place}` })
    for (const [stream, count] of fitting) {
      const fix = `Correct \`streams.${stream}.files\` in millrace.config.ts, or wait for the first file.`
      findings.push({ check: `files of ${stream}`, ok: count > 0, detail: `${count} fit`, ...(count > 0 ? {} : { fix }) })
    }
    await inspectQueue(place, findings, signal)
    if (sample === null) return findings
    for await (const piece of store.read(sample, signal)) if (piece.length > 0) break
    findings.push({ check: 'reading', ok: true, detail: `${sample.key} can be read` })
  } catch (error) {
    const fix = error instanceof MillraceError ? { fix: error.hint } : {}
    findings.push({ check: findings.length === 0 ? 'listing' : 'reading', ok: false, detail: describeError(error), ...fix })
  }
  return findings
}

async function inspectQueue(place: FilesPlace, findings: Finding[], signal: AbortSignal): Promise<void> {
  const queue = openNoticeQueue(place, systemClock)
  if (queue === null) return
  try {
    const waiting = await queue.waiting(signal)
    findings.push({ check: 'queue', ok: true, detail: `about ${waiting} messages wait in the queue at ${queue.host}` })
  } catch (error) {
    const fix = error instanceof MillraceError ? { fix: error.hint } : {}
    findings.push({ check: 'queue', ok: false, detail: describeError(error), ...fix })
  }
}
