import { fileURLToPath } from 'node:url'

/** The top folder of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url))
