import { createContext, useContext } from 'react'

/** The server's wall time, once a second: the page's own clock may be wrong. */
export const NowContext = createContext(0)

export function useNow(): number {
  return useContext(NowContext)
}
