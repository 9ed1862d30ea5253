/** Writes what is new to all subscribers, some at a time, so that the rest of the process goes on between them. */
import { MillraceError } from '@millrace/base'
import type { Channel } from './channel.ts'
import type { ModelFeed } from './model-feed.ts'
import { READING_LIMITS } from './reading-limits.ts'

export async function fanOut(feeds: readonly ModelFeed[]): Promise<void> {
  const channelCount = feeds.reduce((count, feed) => count + [...feed.channels].length, 0)
  const share = Math.floor(READING_LIMITS.channelsBytes / Math.max(1, channelCount))
  const bytesLimit = Math.max(READING_LIMITS.channelBytesLeast, Math.min(READING_LIMITS.channelBytes, share))
  let written = 0
  for (const feed of feeds) {
    for (const channel of feed.channels) {
      if (!channel.hasNews) continue
      channel.hasNews = false
      for (const subscriber of channel.subscribers) {
        subscriber.pump()
        written += 1
        if (written % READING_LIMITS.fanOutSlice === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      channel.trim(bytesLimit)
      endTooSlow(channel, feed.model)
    }
  }
}

function endTooSlow(channel: Channel, model: string): void {
  for (const subscriber of channel.blocked) {
    if (subscriber.isTooSlow) subscriber.end(new MillraceError('READ_TOO_SLOW', { details: { model } }))
  }
}
