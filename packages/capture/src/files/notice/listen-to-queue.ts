/**
 * Takes notices from a queue for as long as the source runs. A notice makes a look earlier and does nothing else, and
 * every session begins with a look at everything: so a message is deleted as soon as it is taken, and a
 * process that dies between the two has lost nothing. What goes wrong here never stops the source; it polls.
 */
import { backoffMs, type Clock, MillraceError, type Random } from '@millrace/base'
import type { FilesRecord } from '../files-record.ts'
import type { QueueClient, QueueMessage } from './queue-client.ts'

export interface QueueListener {
  readonly client: QueueClient
  readonly clock: Clock
  readonly random: Random
  readonly record: FilesRecord
  /** Null where it is no notice. */
  readonly take: (notice: Readonly<Record<string, unknown>>) => number | null
}

const RETRY_BASE_MS = 500
const RETRY_LIMIT_MS = 60_000
const RETRY_JITTER = 0.3
/** Where all that came is no notice: it comes again, and the rules of its queue decide what becomes of it. */
const STRANGE_PAUSE_MS = 1000

export async function listenToQueue({ client, clock, random, record, take }: QueueListener, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      const messages = await client.receive(signal)
      record.lastQueueMs = clock.nowMs()
      const notices = messages.filter((message) => take(contentOf(message)) !== null)
      record.strangeMessages += messages.length - notices.length
      await client.remove(notices, signal)
      record.queueError = null
      failures = 0
      if (messages.length > 0 && notices.length === 0) await clock.sleep(STRANGE_PAUSE_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof MillraceError)) throw error
      record.queueError = error
      const delayMs = backoffMs(random, { attempt: failures, baseMs: RETRY_BASE_MS, limitMs: RETRY_LIMIT_MS, jitter: RETRY_JITTER })
      failures += 1
      await clock.sleep(delayMs, signal).catch(() => undefined)
    }
  }
}

/** As the endpoint takes it: the body may be an event itself, or another envelope. */
function contentOf({ body }: QueueMessage): Readonly<Record<string, unknown>> {
  return { Body: body }
}
