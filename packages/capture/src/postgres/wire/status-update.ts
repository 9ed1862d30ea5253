import { writePosition, writeTime } from '../position.ts'
import { MESSAGE } from './server-message.ts'

/** Tells the server how far it may forget: everything before `position` is durable in Millrace's log. */
export function statusUpdate(position: number, nowMs: number, replyWanted: boolean): Buffer {
  const frame = Buffer.alloc(39)
  frame[0] = MESSAGE.COPY_DATA
  frame.writeInt32BE(38, 1)
  frame[5] = 0x72
  for (const field of [6, 14, 22]) writePosition(frame, position, field)
  writeTime(frame, nowMs, 30)
  frame[38] = replyWanted ? 1 : 0
  return frame
}
