/**
 * The address is the state: what is open on the page can be sent to a friend as it is. It stands behind
 * the `#`, so that the server serves one page and no route.
 *
 *   #node=model:order_totals&tab=sql&delivery=crm&event=msg_1
 */
export const TABS = ['state', 'sql', 'changes', 'events', 'parked'] as const
export type TabName = (typeof TABS)[number]

export interface Address {
  /** The node whose drawer is open. */
  readonly node: string | null
  readonly tab: TabName
  /** The delivery that is listed; null: the first. */
  readonly delivery: string | null
  /** The event of it that is open. */
  readonly event: string | null
}

export const HOME: Address = { node: null, tab: 'state', delivery: null, event: null }

/** Reads any text: what it does not know is left out. */
export function parseAddress(hash: string): Address {
  const words = new URLSearchParams(hash.replace(/^#/, ''))
  const tab = TABS.find((name) => name === words.get('tab'))
  return {
    node: words.get('node') || null,
    tab: tab ?? HOME.tab,
    delivery: words.get('delivery') || null,
    event: words.get('event') || null,
  }
}

/** The shortest hash that `parseAddress` reads as this address. */
export function formatAddress(address: Address): string {
  const words = Object.entries(address).flatMap(([name, value]) =>
    value === null || value === HOME[name as keyof Address] ? [] : [`${name}=${encode(String(value))}`],
  )
  return words.length === 0 ? '' : `#${words.join('&')}`
}

/** Names stay readable in the address bar: only what would end them is encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2F', '/')
}
