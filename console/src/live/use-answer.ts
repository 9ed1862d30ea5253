import { useCallback, useEffect, useRef, useState } from 'react'
import { ask, AskError } from './ask.ts'

export interface Answered<Answer> {
  /** The last answer for this path; kept while it is asked again. */
  readonly answer: Answer | null
  readonly error: AskError | null
  /** Asks again now. */
  readonly refresh: () => void
}

/** Keeps the answer of one path fresh while it is shown. */
export function useAnswer<Answer>(path: string, everyMs: number): Answered<Answer> {
  const [state, setState] = useState<{ path: string; answer: Answer | null; error: AskError | null }>({ path, answer: null, error: null })
  const askNow = useRef<() => void>(() => undefined)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    let timer: ReturnType<typeof setTimeout> | undefined
    const round = async (): Promise<void> => {
      clearTimeout(timer)
      try {
        const answer = await ask<Answer>(path, { signal })
        setState({ path, answer, error: null })
      } catch (error) {
        if (signal.aborted) return
        const known = error instanceof AskError ? error : new AskError({ code: 'DEFECT', message: String(error), hint: '' })
        setState((before) => ({ path, answer: before.path === path ? before.answer : null, error: known }))
      }
      if (signal.aborted) return
      clearTimeout(timer)
      timer = setTimeout(() => void round(), everyMs)
    }
    askNow.current = () => void round()
    void round()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [path, everyMs])
  const refresh = useCallback(() => askNow.current(), [])
  const current = state.path === path ? state : { answer: null, error: null }
  return { answer: current.answer, error: current.error, refresh }
}
