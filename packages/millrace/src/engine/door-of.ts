/** The project's one door out. */
import { Door } from '@millrace/guard'
import type { Project } from '../config/project.ts'

export function doorOf({ config }: Project): Door {
  return new Door({ allowInside: config.allowInside ?? [] })
}
