/** A schedule in the config. */
import { assert } from '@millrace/base'
import { readSchedule, type Schedule } from '@millrace/batch/graph'
import type { ProjectConfig } from '@millrace/core'
import { z } from 'zod'

const words = z.union([z.string().min(1), z.array(z.string().min(1))])

export const scheduleConfig = z
  .strictObject({
    at: z.string().optional(),
    every: z.string().optional(),
    zone: z.string().optional(),
    select: words.optional(),
    exclude: z.string().min(1).optional(),
    env: z.string().min(1).optional(),
    deadline: z.string().optional(),
  })
  .superRefine((settings, context) => {
    const read = readSchedule('schedule', settings)
    if (typeof read === 'string') context.addIssue({ code: 'custom', message: read, input: settings })
  })

/** All schedules of a config that was checked. */
export function schedulesOf({ schedules = {} }: ProjectConfig): Schedule[] {
  return Object.entries(schedules).map(([name, settings]) => {
    const schedule = readSchedule(name, settings)
    assert(typeof schedule !== 'string', 'the schedules of a config were checked when it was read')
    return schedule
  })
}
