import type { Command } from '../cli/command.ts'
import { backup } from './backup.ts'
import { check } from './check.ts'
import { deliveries } from './deliveries.ts'
import { demo } from './demo.ts'
import { dev } from './dev.ts'
import { doctor } from './doctor.ts'
import { init } from './init.ts'
import { prove } from './prove.ts'
import { query } from './query.ts'
import { restore } from './restore.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { tail } from './tail.ts'

/** In the order in which a newcomer meets them. */
export const COMMANDS: readonly Command[] = [demo, init, dev, start, check, status, query, tail, prove, deliveries, backup, restore, doctor]
