/** A source whose tables are all in view: each set is committed as it is. */
import type { FillRouter } from '../fill/fill-router.ts'

export const NO_FILLS: FillRouter = { route: (set) => set, routed: () => undefined, isDue: false }
