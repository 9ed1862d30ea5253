/**
 * Heights within a column: each box as near as can be to where it wants to be, in the given order, with
 * room between. This is least squares under order, solved exactly by merging neighbours that overlap.
 */
export interface Box {
  readonly size: number
  /** Where its middle wants to be. */
  readonly wish: number
}

interface Block {
  /** Sum over its boxes of the block's own start that each box wishes for. */
  sum: number
  count: number
  size: number
}

/** The middles, in order. No two boxes are nearer than `gap`. */
export function placed(boxes: readonly Box[], gap: number): number[] {
  const blocks: Block[] = []
  for (const { size, wish } of boxes) {
    blocks.push({ sum: wish - size / 2, count: 1, size: size + gap })
    let last = blocks.at(-1)
    let before = blocks.at(-2)
    while (last !== undefined && before !== undefined && start(before) + before.size > start(last)) {
      before.sum += last.sum - last.count * before.size
      before.count += last.count
      before.size += last.size
      blocks.pop()
      last = before
      before = blocks.at(-2)
    }
  }
  const middles: number[] = []
  for (const block of blocks) {
    let top = start(block)
    for (let each = 0; each < block.count; each += 1) {
      const size = boxes[middles.length]?.size ?? 0
      middles.push(top + size / 2)
      top += size + gap
    }
  }
  return middles
}

function start(block: Block): number {
  return block.sum / block.count
}
