import { useCallback, useSyncExternalStore } from 'react'
import { type Address, formatAddress, parseAddress } from './address.ts'

/** Reads and changes the address. What replaces a part of the page is a step that Back undoes. */
export function useAddress(): readonly [Address, (change: Partial<Address>) => void] {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  const change = useCallback((part: Partial<Address>) => {
    const next = formatAddress({ ...parseAddress(location.hash), ...part })
    if (next === location.hash) return
    history.pushState(null, '', next === '' ? location.pathname + location.search : next)
    dispatchEvent(new HashChangeEvent('hashchange'))
  }, [])
  return [parseAddress(hash), change]
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange)
  addEventListener('popstate', onChange)
  return () => {
    removeEventListener('hashchange', onChange)
    removeEventListener('popstate', onChange)
  }
}
