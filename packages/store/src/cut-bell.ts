import type { CutSignal } from '@millrace/core'

/** Wakes those in this process who wait for a later cut. */
export class CutBell implements CutSignal {
  #cut: number
  readonly #waiting = new Set<{ readonly after: number; readonly wake: (cut: number) => void }>()

  constructor(cut: number) {
    this.#cut = cut
  }

  ring(cut: number): void {
    if (cut <= this.#cut) return
    this.#cut = cut
    for (const waiter of this.#waiting) {
      if (cut <= waiter.after) continue
      this.#waiting.delete(waiter)
      waiter.wake(cut)
    }
  }

  async after(cut: number, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted()
    if (this.#cut > cut) return this.#cut
    return new Promise<number>((resolve, reject) => {
      const waiter = {
        after: cut,
        wake: (newest: number): void => {
          signal?.removeEventListener('abort', onAbort)
          resolve(newest)
        },
      }
      const onAbort = (): void => {
        this.#waiting.delete(waiter)
        reject(signal?.reason as Error)
      }
      this.#waiting.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
